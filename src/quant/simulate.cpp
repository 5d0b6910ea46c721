#include "quant/simulate.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>

#include "base/check.h"
#include "quant/numbers.h"
#include "quant/scalar.h"

namespace ds4::quant {

namespace {

// NaN to 0 and infinities to the largest number; then the group's largest magnitude.
float tame_group(float* x, std::size_t count) {
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = tame(x[i], FLT_MAX);
    largest = std::max(largest, std::fabs(x[i]));
  }
  return largest;
}

}  // namespace

int fp8_scale_exponent(float largest) {
  return ceil_log2(std::max(largest, 1e-4f) * (1.0f / 448.0f));
}

int fp4_scale_exponent(float largest) {
  return ceil_log2(std::max(largest, 6.0f * power_of_two(-126)) * (1.0f / 6.0f));
}

void fp8sim64(float* x, std::size_t count) {
  CHECK(count % 64 == 0);
  for (std::size_t at = 0; at < count; at += 64) {
    const int exponent = fp8_scale_exponent(tame_group(x + at, 64));
    const float scale = power_of_two(exponent);
    const float inverse = power_of_two(-exponent);
    for (std::size_t i = at; i < at + 64; ++i) {
      x[i] = e4m3_to_f32(f32_to_e4m3(x[i] * inverse)) * scale;
    }
  }
}

void fp4sim32(float* x, std::size_t count) {
  CHECK(count % 32 == 0);
  for (std::size_t at = 0; at < count; at += 32) {
    const int exponent = fp4_scale_exponent(tame_group(x + at, 32));
    const float scale = power_of_two(exponent);
    const float inverse = power_of_two(-exponent);
    for (std::size_t i = at; i < at + 32; ++i) {
      // A zero keeps its sign, which the 4-bit code itself does not.
      x[i] = std::copysign(e2m1_to_f32(f32_to_e2m1(std::fabs(x[i]) * inverse)) * scale, x[i]);
    }
  }
}

void hadamard(float* x, std::size_t count) {
  CHECK(std::has_single_bit(count));
  for (std::size_t stride = 1; stride < count; stride *= 2) {
    for (std::size_t start = 0; start < count; start += 2 * stride) {
      for (std::size_t i = start; i < start + stride; ++i) {
        const float a = x[i];
        const float b = x[i + stride];
        x[i] = a + b;
        x[i + stride] = a - b;
      }
    }
  }
  const float factor = 1.0f / std::sqrt(static_cast<float>(count));
  for (std::size_t i = 0; i < count; ++i) x[i] *= factor;
}

}  // namespace ds4::quant
