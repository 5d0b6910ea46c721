#include "quant/block_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ds4::quant;
  fuzz_blocks(Type::q8_0, data, size, [](const std::uint8_t* block, std::size_t i) {
    const int byte = block[2 + i];
    return static_cast<float>(byte < 128 ? byte : byte - 256) * half_at(block);
  });
  return 0;
}
