// Activations rounded to 8 bits, as the integer kernels take them: Q8_K blocks of 256 beside the
// 256-wide weight blocks, groups of 32 beside Q8_0 and MXFP4.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ds4::quant {

struct BlockQ8K {
  float d;                // value = d * q; carries the sign that makes the extreme code -127
  std::int8_t q[256];     // within -127..127
  std::int16_t sums[16];  // of each run of 16 codes
};
static_assert(sizeof(BlockQ8K) == 292);

// Writes columns / 256 blocks; `columns` must be a multiple of 256 (CHECKed).
void quantize_q8_k(const float* row, std::size_t columns, BlockQ8K* out);

// Groups of 32 with an f32 scale each: `codes` takes columns rounded up to a multiple of 32, the
// excess being zero codes, and `scales` one value per group.
void quantize_q8_groups(const float* row, std::size_t columns, std::int8_t* codes, float* scales);

}  // namespace ds4::quant
