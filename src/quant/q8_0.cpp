#include "quant/q8_0.h"

#include <cmath>

#include "base/bytes.h"
#include "quant/numbers.h"
#include "quant/scalar.h"

namespace ds4::quant {

namespace {

// To the nearest integer, halves away from zero, for |value| < 2^22.
inline float round_away(float value) {
  const float magnitude = std::fabs(value);
  const float even = round_even(magnitude);
  const float away = magnitude - even == 0.5f ? even + 1.0f : even;
  return std::copysign(away, value);
}

}  // namespace

void decode(const BlockQ8_0& block, float* out) {
  const float d = f16_to_f32(block.d);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(block.q[i]) * d;
}

void encode_q8_0(const float* row, std::size_t columns, std::byte* out) {
  for (std::size_t at = 0; at < columns; at += 32, out += sizeof(BlockQ8_0)) {
    float x[32];
    float largest = 0;
    for (std::size_t i = 0; i < 32; ++i) x[i] = tame(row[at + i]);
    for (const float value : x) largest = std::max(largest, std::fabs(value));

    // The codes come from the unrounded scale. It is too small to be inverted only where binary16
    // rounds it to 0, so any codes will do.
    const float d = largest / 127.0f;
    const float inverse = d >= power_of_two(-126) ? 1.0f / d : 0.0f;
    BlockQ8_0 block;
    block.d = scale_to_f16(d);
    for (int i = 0; i < 32; ++i) {
      block.q[i] = static_cast<std::int8_t>(static_cast<int>(round_away(x[i] * inverse)));
    }
    store(out, block);
  }
}

}  // namespace ds4::quant
