// IQ2_XXS: 256 values in 8 groups of 32; every 8 values are one of 256 patterns of three
// magnitudes with an even number of minus signs, 66 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/targets.h"

namespace ds4::quant {

struct BlockIQ2XXS {
  std::uint16_t d;  // binary16
  // Four grid indices, then a 32-bit word: four 7-bit sign codes and the 4-bit group scale.
  std::uint8_t groups[8][8];
};
static_assert(sizeof(BlockIQ2XXS) == 66);

// value = ((d * (0.5 + scale)) * 0.25) * magnitude * sign
void decode(const BlockIQ2XXS& block, float* out);

// Writes columns / 256 blocks to bytes of any alignment. `importance` is one weight per column.
void encode_iq2_xxs(const float* row, std::size_t columns, const float* importance, std::byte* out,
                    Target target = best_target());

}  // namespace ds4::quant
