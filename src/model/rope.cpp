#include "model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ds4::model {

namespace {

// base^(-2i / width), the power and its reciprocal each rounded to f32. The power is taken in
// double precision, whose error is too small to move an f32.
std::vector<float> frequencies(float base, std::uint32_t width) {
  std::vector<float> out(width / 2);
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(width);
    out[i] = 1.0f / static_cast<float>(std::pow(double{base}, double{exponent}));
  }
  return out;
}

// The channel, a real number, whose pair turns `turns` times over the original context.
double channel_of_turns(double turns, const Shape& s) {
  const double original = static_cast<double>(s.rope_original_tokens);
  return s.rope_width * std::log(original / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(double{s.compress_rope_base}));
}

}  // namespace

std::vector<float> plain_frequencies(const Shape& shape) {
  return frequencies(shape.rope_base, shape.rope_width);
}

std::vector<float> stretched_frequencies(const Shape& s) {
  std::vector<float> out = frequencies(s.compress_rope_base, s.rope_width);
  if (s.rope_original_tokens == 0) return out;
  const double last = s.rope_width - 1;
  const auto low =
      static_cast<float>(std::clamp(std::floor(channel_of_turns(s.rope_beta_fast, s)), 0.0, last));
  auto high =
      static_cast<float>(std::clamp(std::ceil(channel_of_turns(s.rope_beta_slow, s)), 0.0, last));
  if (low == high) high += 0.001f;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float ramp = std::clamp((static_cast<float>(i) - low) / (high - low), 0.0f, 1.0f);
    const float keep = 1.0f - ramp;
    out[i] = out[i] / s.rope_factor * (1.0f - keep) + out[i] * keep;
  }
  return out;
}

}  // namespace ds4::model
