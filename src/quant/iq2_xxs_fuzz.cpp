#include "quant/block_fuzz.h"
#include "quant/iq2_xxs_grid.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ds4::quant;
  fuzz_blocks(Type::iq2_xxs, data, size, [](const std::uint8_t* block, std::size_t i) {
    const std::uint8_t* group = block + 2 + 8 * (i / 32);
    const std::uint32_t word =
        group[4] | group[5] << 8 | group[6] << 16 | static_cast<std::uint32_t>(group[7]) << 24;
    const std::size_t k = i % 32 / 8;
    const std::size_t j = i % 8;
    int code = kIq2xxsGrid[group[k]];
    for (std::size_t digit = 0; digit < j; ++digit) code /= 4;
    const float magnitude = code % 4 == 0 ? 8.0f : code % 4 == 1 ? 25.0f : 43.0f;
    const std::uint32_t signs = word >> (7 * k) & 127;
    std::uint32_t negative = 0;
    if (j < 7) {
      negative = signs >> j & 1;
    } else {
      for (int bit = 0; bit < 7; ++bit) negative ^= signs >> bit & 1;
    }
    const float scale = half_at(block) * (0.5f + static_cast<float>(word >> 28)) * 0.25f;
    return negative != 0 ? -(scale * magnitude) : scale * magnitude;
  });
  return 0;
}
