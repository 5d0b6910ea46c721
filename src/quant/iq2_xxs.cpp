#include "quant/iq2_xxs.h"

#include <array>
#include <bit>
#include <cstring>

#include "quant/iq2_xxs_grid.h"
#include "quant/scalar.h"

namespace ds4::quant {

namespace {

using Magnitudes = std::array<std::array<float, 8>, 256>;

constexpr Magnitudes make_magnitudes() {
  Magnitudes magnitudes{};
  for (std::size_t n = 0; n < 256; ++n) {
    for (std::size_t j = 0; j < 8; ++j) {
      const auto level = static_cast<std::size_t>(grid_level(kIq2xxsGrid[n], static_cast<int>(j)));
      magnitudes[n][j] = kIq2xxsMagnitudes[level];
    }
  }
  return magnitudes;
}

constexpr Magnitudes kMagnitudes = make_magnitudes();

}  // namespace

void decode(const BlockIQ2XXS& block, float* out) {
  const float d = f16_to_f32(block.d);
  for (const std::uint8_t(&group)[8] : block.groups) {
    std::uint32_t word;
    std::memcpy(&word, group + 4, 4);
    const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.25f;
    for (int k = 0; k < 4; ++k) {
      const auto& magnitudes = kMagnitudes[group[k]];
      const std::uint32_t signs = expand_signs(word >> (7 * k) & 127);
      for (std::size_t j = 0; j < 8; ++j) {
        // Negation is a flip of the sign bit.
        const auto value = std::bit_cast<std::uint32_t>(scale * magnitudes[j]);
        out[j] = std::bit_cast<float>(value ^ (signs >> j & 1) << 31);
      }
      out += 8;
    }
  }
}

}  // namespace ds4::quant
