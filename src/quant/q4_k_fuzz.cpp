#include "quant/block_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ds4::quant;
  fuzz_blocks(Type::q4_k, data, size, [](const std::uint8_t* block, std::size_t i) {
    // The packed scales as three 32-bit words.
    std::uint32_t words[3];
    std::memcpy(words, block + 4, 12);
    const std::size_t j = i / 32;
    const std::uint32_t scales =
        j < 4 ? words[0] & 0x3F3F3F3F : (words[2] & 0x0F0F0F0F) | (words[0] >> 2 & 0x30303030);
    const std::uint32_t minimums =
        j < 4 ? words[1] & 0x3F3F3F3F : (words[2] >> 4 & 0x0F0F0F0F) | (words[1] >> 2 & 0x30303030);
    const auto scale = static_cast<float>(scales >> (8 * (j % 4)) & 255);
    const auto minimum = static_cast<float>(minimums >> (8 * (j % 4)) & 255);
    const int byte = block[16 + 32 * (j / 2) + i % 32];
    const int q = j % 2 == 0 ? byte % 16 : byte / 16;
    return half_at(block) * scale * static_cast<float>(q) - half_at(block + 2) * minimum;
  });
  return 0;
}
