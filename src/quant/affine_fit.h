// The search for scale and minimum of a sub-block whose codes are 0..nmax (Q2_K, Q4_K): an
// iterated weighted least-squares fit from a row of starting scales. W sub-blocks run side by side,
// each in the order of operations that published files were made with.
#pragma once

#include "quant/lanes.h"

namespace ds4::quant {

enum class FitError { squared, absolute };

struct AffineSearch {
  int nmax;
  float rmin;
  float rdelta;
  int nstep;
};

// In: N values and weights per lane, element-major with `stride` floats between elements.
// Out: codes (as floats, laid out as the values), scale and the negated, non-negative minimum.
template <int W, int N, FitError kError>
DS4_INLINE void fit_affine(const AffineSearch& search, const float* x, const float* w,
                           std::size_t stride, float* codes, float* scale_out, float* minimum_out) {
  using F = typename Lanes<W>::F;
  using I = typename Lanes<W>::I;
  const float nmax = static_cast<float>(search.nmax);
  const auto value = [&](int i) __attribute__((always_inline)) {
    return load_lanes<F>(x + static_cast<std::size_t>(i) * stride);
  };
  const auto weight = [&](int i) __attribute__((always_inline)) {
    return load_lanes<F>(w + static_cast<std::size_t>(i) * stride);
  };
  const F zero{};

  F lowest = value(0);
  F highest = lowest;
  F sum_w = weight(0);
  F sum_x = sum_w * lowest;
  for (int i = 1; i < N; ++i) {
    lowest = smaller(value(i), lowest);
    highest = larger(value(i), highest);
    sum_w += weight(i);
    sum_x += weight(i) * value(i);
  }
  lowest = lowest > zero ? zero : lowest;
  const I flat = highest <= lowest;

  // The best fit so far, and the starting point that gave its codes: they are computed again at
  // the end instead of being carried along.
  F minimum = lowest;
  F inverse = nmax / (highest - lowest);
  F scale = 1.0f / inverse;
  F code_inverse = inverse;
  F code_minimum = minimum;
  F best{};
  for (int i = 0; i < N; ++i) {
    const F l = smaller(larger(round_lanes(inverse * (value(i) - minimum)), zero), zero + nmax);
    const F off = scale * l + minimum - value(i);
    best += weight(i) * (kError == FitError::absolute ? magnitude(off) : off * off);
  }

  F trial[N];
  for (int t = 0; t <= search.nstep; ++t) {
    inverse = (search.rmin + search.rdelta * static_cast<float>(t) + nmax) / (highest - minimum);
    F sum_l{};
    F sum_ll{};
    F sum_xl{};
    for (int i = 0; i < N; ++i) {
      const F l = smaller(larger(round_lanes(inverse * (value(i) - minimum)), zero), zero + nmax);
      trial[i] = l;
      const F wl = weight(i) * l;
      sum_l += wl;
      sum_ll += wl * l;
      sum_xl += wl * value(i);
    }
    const F determinant = sum_w * sum_ll - sum_l * sum_l;
    F trial_minimum = (sum_ll * sum_x - sum_l * sum_xl) / determinant;
    const I positive = trial_minimum > zero;
    const F numerator = positive ? sum_xl : sum_w * sum_xl - sum_x * sum_l;
    const F trial_scale = numerator / (positive ? sum_ll : determinant);
    trial_minimum = positive ? zero : trial_minimum;
    F error{};
    for (int i = 0; i < N; ++i) {
      const F off = trial_scale * trial[i] + trial_minimum - value(i);
      error += weight(i) * (kError == FitError::absolute ? magnitude(off) : off * off);
    }
    const I better = (determinant > zero) & (error < best);
    code_inverse = better ? inverse : code_inverse;
    code_minimum = better ? minimum : code_minimum;
    best = better ? error : best;
    scale = better ? trial_scale : scale;
    minimum = better ? trial_minimum : minimum;
  }

  for (int i = 0; i < N; ++i) {
    const F l =
        smaller(larger(round_lanes(code_inverse * (value(i) - code_minimum)), zero), zero + nmax);
    store_lanes(codes + static_cast<std::size_t>(i) * stride, flat ? zero : l);
  }
  store_lanes(scale_out, flat ? zero : scale);
  store_lanes(minimum_out, flat ? -lowest : -minimum);
}

}  // namespace ds4::quant
