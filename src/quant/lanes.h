// W numbers side by side, for encoders that run W independent searches at once. The compiler's
// vector types: plain arithmetic on every processor, wide registers where the target has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "quant/targets.h"

// Vectors wider than the baseline's registers are passed between inlined functions only.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace ds4::quant {

template <int W>
struct Lanes {
  typedef float F __attribute__((vector_size(4 * W)));
  typedef std::int32_t I __attribute__((vector_size(4 * W)));
  typedef std::uint16_t U16 __attribute__((vector_size(2 * W)));
};

template <class V, class T>
DS4_INLINE V load_lanes(const T* at) {
  V v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

template <class V, class T>
DS4_INLINE void store_lanes(T* at, const V& v) {
  std::memcpy(at, &v, sizeof v);
}

template <class V, class T>
DS4_INLINE V splat(T value) {
  return V{} + value;
}

// As the scalar expression does it: the second one where a comparison with NaN decides.
template <class F>
DS4_INLINE F smaller(const F& a, const F& b) {
  return a < b ? a : b;
}

template <class F>
DS4_INLINE F larger(const F& a, const F& b) {
  return a > b ? a : b;
}

template <class F>
DS4_INLINE F magnitude(const F& a) {
  return a < 0.0f ? -a : a;
}

// See round_even.
inline constexpr float kRoundingMagic = 12582912.0f;

template <class F>
DS4_INLINE F round_lanes(const F& a) {
  return (a + kRoundingMagic) - kRoundingMagic;
}

// True if any lane of a comparison's result is set.
template <int W>
DS4_INLINE bool any_lane(const typename Lanes<W>::I& mask) {
  std::int32_t lanes[W];
  store_lanes(lanes, mask);
  std::int32_t all = 0;
  for (int i = 0; i < W; ++i) all |= lanes[i];
  return all != 0;
}

}  // namespace ds4::quant
