#include "quant/mxfp4.h"

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "quant/numbers.h"
#include "quant/scalar.h"

namespace ds4::quant {

namespace {

// The E2M1 code of a magnitude, and its value, without a table, so that the loop over a group
// becomes vector code.
inline int magnitude_code(float m) {
  return (m > 0.25f) + (m >= 0.75f) + (m > 1.25f) + (m >= 1.75f) + (m > 2.5f) + (m >= 3.5f) +
         (m > 5.0f);
}

inline float code_magnitude(int code) {
  const float linear = 0.5f * static_cast<float>(code);            // 0..4
  const float upper = static_cast<float>(code - 2 + (code == 7));  // 5, 6, 7: 3, 4, 6
  return code < 5 ? linear : upper;
}

// The largest value that every scale around it keeps finite.
constexpr float kLargest = 0x1.8p127f;

struct Attempt {
  int codes[32];
  float error = 0;
};

void quantize_magnitudes(const float* magnitude, const float* weight, int exponent, Attempt& to) {
  const float inverse = power_of_two(-exponent);
  float errors[32];
  for (int i = 0; i < 32; ++i) {
    const float m = magnitude[i] * inverse;
    to.codes[i] = magnitude_code(m);
    const float off = m - code_magnitude(to.codes[i]);
    errors[i] = weight[i] * off * off;
  }
  // In units of the scale's square, which would overflow at the ends of the range; the caller
  // compares attempts after undoing that.
  to.error = 0;
  for (const float error : errors) to.error += error;
}

}  // namespace

void decode(const BlockMXFP4& block, float* out) {
  const float d = e8m0_to_f32(block.e);
  for (int j = 0; j < 16; ++j) {
    out[j] = e2m1_to_f32(block.q[j] & 15) * d;
    out[j + 16] = e2m1_to_f32(block.q[j] >> 4) * d;
  }
}

void encode_mxfp4(const float* row, std::size_t columns, const float* importance, std::byte* out) {
  for (std::size_t at = 0; at < columns; at += 32, out += sizeof(BlockMXFP4)) {
    float magnitude[32];
    float weight[32];
    float largest = 0;
    for (std::size_t i = 0; i < 32; ++i) {
      magnitude[i] = std::fabs(tame(row[at + i], kLargest));
      weight[i] = importance != nullptr ? tame_importance(importance[at + i]) : 1.0f;
    }
    for (const float value : magnitude) largest = std::max(largest, value);

    BlockMXFP4 block{};
    if (largest > 0) {
      // The smallest scale that reaches the largest value comes first: where it is exact, as for
      // values that were in such a block before, it stays.
      const int reaching = std::clamp(
          largest >= 6.0f * power_of_two(-126) ? ceil_log2(largest / 6.0f) : -127, -126, 126);
      Attempt best;
      int exponent = reaching;
      quantize_magnitudes(magnitude, weight, reaching, best);
      for (int step = -3; step <= 1; ++step) {
        const int other = reaching + step;
        if (step == 0 || other < -127) continue;
        Attempt attempt;
        quantize_magnitudes(magnitude, weight, other, attempt);
        attempt.error *= power_of_two(2 * step);  // to the units of the first attempt
        if (attempt.error < best.error) {
          best = attempt;
          exponent = other;
        }
      }
      block.e = static_cast<std::uint8_t>(exponent + 127);
      for (std::size_t j = 0; j < 16; ++j) {
        const auto nibble = [&](std::size_t i) {
          const bool negative = tame(row[at + i], kLargest) < 0 && best.codes[i] != 0;
          return best.codes[i] | (negative ? 8 : 0);
        };
        block.q[j] = static_cast<std::uint8_t>(nibble(j) | nibble(j + 16) << 4);
      }
    }
    store(out, block);
  }
}

}  // namespace ds4::quant
