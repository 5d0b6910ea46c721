// Q2_K: 256 values as 2-bit codes in 16 sub-blocks of 16, each with a 4-bit scale and a 4-bit
// minimum, 84 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/targets.h"

namespace ds4::quant {

struct BlockQ2K {
  std::uint8_t scales[16];  // low nibble: scale of the sub-block, high nibble: its minimum
  std::uint8_t q[64];       // element i: byte 32 * (i / 128) + i % 32, bits 2 * (i / 32 % 4)
  std::uint16_t d;          // binary16, scale of the scales
  std::uint16_t dmin;       // binary16, scale of the minimums
};
static_assert(sizeof(BlockQ2K) == 84);

// value = (d * scale) * code - (dmin * minimum)
void decode(const BlockQ2K& block, float* out);

// Writes columns / 256 blocks to bytes of any alignment. `importance` may be null.
void encode_q2_k(const float* row, std::size_t columns, const float* importance, std::byte* out,
                 Target target = best_target());

}  // namespace ds4::quant
