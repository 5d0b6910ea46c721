// Q4_K: 256 values as 4-bit codes in 8 sub-blocks of 32, each with a 6-bit scale and a 6-bit
// minimum, 144 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/targets.h"

namespace ds4::quant {

struct BlockQ4K {
  std::uint16_t d;          // binary16, scale of the scales
  std::uint16_t dmin;       // binary16, scale of the minimums
  std::uint8_t scales[12];  // eight 6-bit scales and minimums, packed
  std::uint8_t q[128];      // element i: byte 32 * (i / 64) + i % 32, nibble i / 32 % 2
};
static_assert(sizeof(BlockQ4K) == 144);

struct SixBits {
  std::uint8_t scale[8];
  std::uint8_t minimum[8];
};
SixBits unpack_six_bits(const std::uint8_t* packed);
void pack_six_bits(const SixBits& from, std::uint8_t* packed);

// value = (d * scale) * code - (dmin * minimum)
void decode(const BlockQ4K& block, float* out);

// Writes columns / 256 blocks to bytes of any alignment. `importance` may be null.
void encode_q4_k(const float* row, std::size_t columns, const float* importance, std::byte* out,
                 Target target = best_target());

}  // namespace ds4::quant
