// Q8_0: 32 values as 8-bit codes with one binary16 scale, 34 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ds4::quant {

struct BlockQ8_0 {
  std::uint16_t d;  // binary16; value = q * d
  std::int8_t q[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

void decode(const BlockQ8_0& block, float* out);

// Writes columns / 32 blocks to bytes of any alignment.
void encode_q8_0(const float* row, std::size_t columns, std::byte* out);

}  // namespace ds4::quant
