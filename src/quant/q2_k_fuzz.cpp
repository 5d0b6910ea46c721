#include "quant/block_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ds4::quant;
  fuzz_blocks(Type::q2_k, data, size, [](const std::uint8_t* block, std::size_t i) {
    const std::size_t half = i >> 7;
    const std::size_t plane = (i >> 5) & 3;
    const std::size_t lane = i & 31;
    const int q = (block[16 + 32 * half + lane] >> (2 * plane)) & 3;
    const int scales = block[i >> 4];
    const float scale = half_at(block + 80) * static_cast<float>(scales % 16);
    const float minimum = half_at(block + 82) * static_cast<float>(scales / 16);
    return scale * static_cast<float>(q) - minimum;
  });
  return 0;
}
