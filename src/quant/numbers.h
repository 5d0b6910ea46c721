// What every block encoder does to numbers nobody vouches for, so that no input gives undefined
// behaviour or a block that decodes to infinity.
#pragma once

#include <algorithm>
#include <cfloat>
#include <cstdint>

#include "quant/scalar.h"

namespace ds4::quant {

// Beyond what any of the block formats can hold (Q4_K: 65504 * 63 * 15), and small enough that
// sums of squares stay finite.
inline constexpr float kLargestInput = 134217728.0f;  // 2^27

// As large as a weight in a search can usefully be.
inline constexpr float kLargestImportance = 1099511627776.0f;  // 2^40

// A group of activations whose largest magnitude is below this counts as zero: the scale could not
// be inverted in binary32.
inline constexpr float kSmallestLargest = 127.0f / FLT_MAX * 1.001f;

// NaN becomes 0, what is larger than `limit` becomes `limit` with its sign.
inline float tame(float value, float limit = kLargestInput) {
  const float below = value > limit ? limit : value;
  const float within = below < -limit ? -limit : below;
  return value == value ? within : 0.0f;
}

inline float tame_importance(float value) {
  const float below = value < kLargestImportance ? value : kLargestImportance;
  return value > 0 ? below : 0.0f;
}

// binary16 of a block's scale; at most the largest finite one.
inline std::uint16_t scale_to_f16(float scale) {
  return f32_to_f16(std::clamp(scale, -65504.0f, 65504.0f));
}

}  // namespace ds4::quant
