// The search for one non-negative scale with codes 0..nmax (the scales of a Q2_K or Q4_K block, the
// first guess of an IQ2_XXS group): a few starting scales, then coordinate descent on the codes.
// W problems run side by side, each in the order that published files were made with.
#pragma once

#include "quant/lanes.h"

namespace ds4::quant {

// Below this a group counts as zero.
inline constexpr float kTiny = 1e-15f;

// In: N values and weights per lane, element-major with `stride` floats between elements.
// Out: codes (integers, laid out as the values) and scale.
//
// Codes are kept as published encoders keep them, in unsigned bytes: a negative code, possible
// where a value is negative, enters the first sums as it is and is read back as 256 more.
template <int W, int N>
DS4_INLINE void fit_scale(int nmax_code, const float* x, const float* w, std::size_t stride,
                          std::int32_t* codes, float* scale_out) {
  using F = typename Lanes<W>::F;
  using I = typename Lanes<W>::I;
  const F zero{};
  const F nmax = zero + static_cast<float>(nmax_code);
  const auto value = [&](int i) __attribute__((always_inline)) {
    return load_lanes<F>(x + static_cast<std::size_t>(i) * stride);
  };
  const auto weight = [&](int i) __attribute__((always_inline)) {
    return load_lanes<F>(w + static_cast<std::size_t>(i) * stride);
  };
  // The low byte of an integer-valued float below 2^22, as a float.
  const auto as_byte = [](const F& v) __attribute__((always_inline)) {
    const F shifted = v + kRoundingMagic;
    I bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    return __builtin_convertvector(bits & 0xFF, F);
  };

  F highest{};
  for (int i = 0; i < N; ++i) highest = larger(value(i), highest);
  const I empty = highest < kTiny;

  F best_inverse = nmax / highest;
  F best{};
  {
    const F scale = 1.0f / best_inverse;
    for (int i = 0; i < N; ++i) {
      const F off = value(i) - scale * as_byte(round_lanes(best_inverse * value(i)));
      best += weight(i) * off * off;
    }
  }
  for (int t = -4; t <= 4; ++t) {
    if (t == 0) continue;
    const F inverse = (0.1f * static_cast<float>(t) + nmax) / highest;
    const F scale = 1.0f / inverse;
    F error{};
    for (int i = 0; i < N; ++i) {
      const F off = value(i) - scale * smaller(round_lanes(inverse * value(i)), nmax);
      error += weight(i) * off * off;
    }
    const I better = error < best;
    best = better ? error : best;
    best_inverse = better ? inverse : best_inverse;
  }

  F sum_xl{};
  F sum_ll{};
  F code[N];
  for (int i = 0; i < N; ++i) {
    const F l = smaller(round_lanes(best_inverse * value(i)), nmax);
    sum_xl += weight(i) * value(i) * l;
    sum_ll += weight(i) * l * l;
    code[i] = as_byte(l);
  }
  for (int pass = 0; pass < 5; ++pass) {
    // A lane without changes would repeat itself, so all run until none changes.
    I changed{};
    for (int i = 0; i < N; ++i) {
      const F wx = weight(i) * value(i);
      F rest_xl = sum_xl - wx * code[i];
      F rest_ll = sum_ll - weight(i) * code[i] * code[i];
      const F l = smaller(round_lanes(value(i) * rest_ll / rest_xl), nmax);
      const I usable = (rest_xl > zero) & (rest_ll > zero) & (l != code[i]);
      rest_xl += wx * l;
      rest_ll += weight(i) * l * l;
      const I better = usable & (rest_xl * rest_xl * sum_ll > sum_xl * sum_xl * rest_ll);
      code[i] = better ? as_byte(l) : code[i];
      sum_xl = better ? rest_xl : sum_xl;
      sum_ll = better ? rest_ll : sum_ll;
      changed |= better;
    }
    if (!any_lane<W>(changed)) break;
  }

  for (int i = 0; i < N; ++i) {
    const I integers = __builtin_convertvector(code[i], I);
    store_lanes(codes + static_cast<std::size_t>(i) * stride, empty ? I{} : integers);
  }
  store_lanes(scale_out, empty | !(sum_ll > zero) ? zero : sum_xl / sum_ll);
}

}  // namespace ds4::quant
