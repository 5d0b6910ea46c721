#include "quant/q2_k.h"

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

#define DS4_BODY "quant/q2_k_encode.inc"
#include "quant/for_each_target.inc"

namespace ds4::quant {

void decode(const BlockQ2K& block, float* out) {
  const float d = f16_to_f32(block.d);
  const float dmin = f16_to_f32(block.dmin);
  for (int s = 0; s < 16; ++s) {
    const float scale = d * static_cast<float>(block.scales[s] & 15);
    const float minimum = dmin * static_cast<float>(block.scales[s] >> 4);
    const std::uint8_t* q = block.q + 32 * (s / 8) + 16 * (s % 2);
    const int shift = 2 * (s / 2 % 4);
    for (int i = 0; i < 16; ++i) {
      out[16 * s + i] = scale * static_cast<float>((q[i] >> shift) & 3) - minimum;
    }
  }
}

void encode_q2_k(const float* row, std::size_t columns, const float* importance, std::byte* out,
                 Target target) {
  DS4_ON_TARGET(target, encode)(row, columns, importance, out);
}

}  // namespace ds4::quant
