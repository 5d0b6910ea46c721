#include "quant/iq2_xxs.h"

#include "base/bytes.h"
#include "quant/iq2_xxs_grid.h"
#include "quant/scalar.h"

namespace ds4::quant {

void decode(const BlockIQ2XXS& block, float* out) {
  const float d = f16_to_f32(block.d);
  for (const std::uint8_t(&group)[8] : block.groups) {
    std::uint32_t word;
    std::memcpy(&word, group + 4, 4);
    const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.25f;
    for (int k = 0; k < 4; ++k) {
      const std::uint32_t levels = kIq2xxsGrid[group[k]];
      const std::uint32_t signs = expand_signs(word >> (7 * k) & 127);
      for (int j = 0; j < 8; ++j) {
        const int magnitude = kIq2xxsMagnitudes[static_cast<std::size_t>(grid_level(levels, j))];
        *out++ = scale * static_cast<float>(magnitude) * ((signs >> j & 1) != 0 ? -1.0f : 1.0f);
      }
    }
  }
}

}  // namespace ds4::quant
