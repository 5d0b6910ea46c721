#include "quant/q4_k.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "quant/numbers.h"
#include "quant/scalar.h"

#define DS4_BODY "quant/q4_k_encode.inc"
#include "quant/for_each_target.inc"

namespace ds4::quant {

SixBits unpack_six_bits(const std::uint8_t* packed) {
  SixBits to;
  for (int j = 0; j < 4; ++j) {
    to.scale[j] = packed[j] & 63;
    to.minimum[j] = packed[j + 4] & 63;
    to.scale[j + 4] = static_cast<std::uint8_t>((packed[j + 8] & 15) | (packed[j] >> 6) << 4);
    to.minimum[j + 4] = static_cast<std::uint8_t>(packed[j + 8] >> 4 | (packed[j + 4] >> 6) << 4);
  }
  return to;
}

void pack_six_bits(const SixBits& from, std::uint8_t* packed) {
  for (int j = 0; j < 4; ++j) {
    packed[j] = static_cast<std::uint8_t>(from.scale[j] | (from.scale[j + 4] >> 4) << 6);
    packed[j + 4] = static_cast<std::uint8_t>(from.minimum[j] | (from.minimum[j + 4] >> 4) << 6);
    packed[j + 8] =
        static_cast<std::uint8_t>((from.scale[j + 4] & 15) | (from.minimum[j + 4] & 15) << 4);
  }
}

void decode(const BlockQ4K& block, float* out) {
  const float d = f16_to_f32(block.d);
  const float dmin = f16_to_f32(block.dmin);
  const SixBits bits = unpack_six_bits(block.scales);
  for (int j = 0; j < 8; ++j) {
    const float scale = d * static_cast<float>(bits.scale[j]);
    const float minimum = dmin * static_cast<float>(bits.minimum[j]);
    const std::uint8_t* q = block.q + 32 * (j / 2);
    const int shift = 4 * (j % 2);
    for (int i = 0; i < 32; ++i) {
      out[32 * j + i] = scale * static_cast<float>((q[i] >> shift) & 15) - minimum;
    }
  }
}

void encode_q4_k(const float* row, std::size_t columns, const float* importance, std::byte* out,
                 Target target) {
  DS4_ON_TARGET(target, encode)(row, columns, importance, out);
}

}  // namespace ds4::quant
