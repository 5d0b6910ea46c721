#include "quant/activation.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "base/check.h"
#include "quant/numbers.h"
#include "quant/scalar.h"

namespace ds4::quant {

namespace {

inline std::int8_t to_code(float scaled) {
  const float code = round_even(scaled);
  const float above = code > -128.0f ? code : -128.0f;
  return static_cast<std::int8_t>(static_cast<int>(above < 127.0f ? above : 127.0f));
}

}  // namespace

void quantize_q8_k(const float* row, std::size_t columns, BlockQ8K* out) {
  CHECK(columns % 256 == 0);
  for (std::size_t at = 0; at < columns; at += 256, ++out) {
    float x[256];
    for (std::size_t i = 0; i < 256; ++i) x[i] = tame(row[at + i], FLT_MAX);
    float largest = 0;
    for (const float value : x) largest = std::max(largest, std::fabs(value));
    *out = BlockQ8K{};
    if (largest < kSmallestLargest) continue;

    // The first element of that magnitude lends its sign.
    const float extreme =
        *std::find_if(x, x + 256, [&](float value) { return std::fabs(value) == largest; });
    const float inverse = -127.0f / extreme;
    for (int i = 0; i < 256; ++i) out->q[i] = to_code(inverse * x[i]);
    for (int run = 0; run < 16; ++run) {
      int sum = 0;
      for (int i = 0; i < 16; ++i) sum += out->q[16 * run + i];
      out->sums[run] = static_cast<std::int16_t>(sum);
    }
    out->d = 1.0f / inverse;
  }
}

void quantize_q8_groups(const float* row, std::size_t columns, std::int8_t* codes, float* scales) {
  for (std::size_t at = 0; at < columns; at += 32, codes += 32, ++scales) {
    const std::size_t count = std::min<std::size_t>(32, columns - at);
    float x[32] = {};
    for (std::size_t i = 0; i < count; ++i) x[i] = tame(row[at + i], FLT_MAX);
    float largest = 0;
    for (const float value : x) largest = std::max(largest, std::fabs(value));
    const bool empty = largest < kSmallestLargest;
    *scales = empty ? 0.0f : largest / 127.0f;
    const float inverse = empty ? 0.0f : 1.0f / *scales;
    for (int i = 0; i < 32; ++i) codes[i] = to_code(x[i] * inverse);
  }
}

}  // namespace ds4::quant
