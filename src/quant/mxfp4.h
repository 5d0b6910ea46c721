// MXFP4: 32 values as E2M1 codes with one power-of-two scale, 17 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ds4::quant {

struct BlockMXFP4 {
  std::uint8_t e;      // E8M0
  std::uint8_t q[16];  // byte j: element j in the low nibble, element j + 16 in the high one
};
static_assert(sizeof(BlockMXFP4) == 17);

// value = e2m1(code) * 2^(e - 127)
void decode(const BlockMXFP4& block, float* out);

// Writes columns / 32 blocks. Of the scales around the smallest that reaches the largest value,
// takes that of the least (weighted) squared error; `importance` may be null. Values that came
// from a 4-bit block are kept exactly.
void encode_mxfp4(const float* row, std::size_t columns, const float* importance, std::byte* out);

}  // namespace ds4::quant
