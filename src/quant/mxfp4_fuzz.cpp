#include "quant/block_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ds4::quant;
  fuzz_blocks(Type::mxfp4, data, size, [](const std::uint8_t* block, std::size_t i) {
    const int code = i < 16 ? block[1 + i] % 16 : block[1 + i - 16] / 16;
    // E2M1 by its fields: sign, two exponent bits of bias 1, one mantissa bit.
    const int exponent = code >> 1 & 3;
    const float mantissa = static_cast<float>(code & 1);
    const float magnitude =
        exponent == 0 ? 0.5f * mantissa : std::ldexp(1.0f + 0.5f * mantissa, exponent - 1);
    const float value = code > 8 ? -magnitude : magnitude;
    return block[0] == 255 ? NAN : value * std::ldexp(1.0f, block[0] - 127);
  });
  return 0;
}
