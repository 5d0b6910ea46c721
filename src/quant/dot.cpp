#include "quant/dot.h"

#include "quant/iq2_xxs.h"
#include "quant/iq2_xxs_grid.h"
#include "quant/mxfp4.h"
#include "quant/q2_k.h"
#include "quant/q4_k.h"
#include "quant/q8_0.h"
#include "quant/scalar.h"

#include <cstring>

namespace ds4::quant {

ScaledSums dot_integers(const BlockQ2K& w, const BlockQ8K& x) {
  ScaledSums sums;
  for (int s = 0; s < 16; ++s) {
    const std::uint8_t* q = w.q + 32 * (s / 8) + 16 * (s % 2);
    const int shift = 2 * (s / 2 % 4);
    int products = 0;
    for (int i = 0; i < 16; ++i) products += (q[i] >> shift & 3) * x.q[16 * s + i];
    sums.scaled += (w.scales[s] & 15) * products;
    sums.minimums += (w.scales[s] >> 4) * x.sums[s];
  }
  return sums;
}

ScaledSums dot_integers(const BlockQ4K& w, const BlockQ8K& x) {
  const SixBits bits = unpack_six_bits(w.scales);
  ScaledSums sums;
  for (int j = 0; j < 8; ++j) {
    const std::uint8_t* q = w.q + 32 * (j / 2);
    const int shift = 4 * (j % 2);
    int products = 0;
    for (int i = 0; i < 32; ++i) products += (q[i] >> shift & 15) * x.q[32 * j + i];
    sums.scaled += bits.scale[j] * products;
    sums.minimums += bits.minimum[j] * (x.sums[2 * j] + x.sums[2 * j + 1]);
  }
  return sums;
}

std::int32_t dot_integers(const BlockIQ2XXS& w, const BlockQ8K& x) {
  const std::int8_t* q = x.q;
  std::int32_t sum = 0;
  for (const std::uint8_t(&group)[8] : w.groups) {
    std::uint32_t word;
    std::memcpy(&word, group + 4, 4);
    int products = 0;
    for (int k = 0; k < 4; ++k) {
      const std::uint32_t levels = kIq2xxsGrid[group[k]];
      const std::uint32_t signs = expand_signs(word >> (7 * k) & 127);
      for (int j = 0; j < 8; ++j, ++q) {
        const int magnitude = kIq2xxsMagnitudes[static_cast<std::size_t>(grid_level(levels, j))];
        products += ((signs >> j & 1) != 0 ? -magnitude : magnitude) * *q;
      }
    }
    sum += static_cast<int>(2 * (word >> 28) + 1) * products;
  }
  return sum;
}

std::int32_t dot_integers(const BlockQ8_0& w, const std::int8_t* x) {
  std::int32_t sum = 0;
  for (int i = 0; i < 32; ++i) sum += w.q[i] * x[i];
  return sum;
}

std::int32_t dot_integers(const BlockMXFP4& w, const std::int8_t* x) {
  std::int32_t sum = 0;
  for (int j = 0; j < 16; ++j) {
    sum += e2m1_doubled(w.q[j] & 15) * x[j] + e2m1_doubled(w.q[j] >> 4) * x[j + 16];
  }
  return sum;
}

namespace {

float with_minimums(const ScaledSums& sums, float x_scale, std::uint16_t d, std::uint16_t dmin) {
  return (x_scale * f16_to_f32(d)) * static_cast<float>(sums.scaled) -
         (x_scale * f16_to_f32(dmin)) * static_cast<float>(sums.minimums);
}

}  // namespace

float dot(const BlockQ2K& w, const BlockQ8K& x) {
  return with_minimums(dot_integers(w, x), x.d, w.d, w.dmin);
}

float dot(const BlockQ4K& w, const BlockQ8K& x) {
  return with_minimums(dot_integers(w, x), x.d, w.d, w.dmin);
}

float dot(const BlockIQ2XXS& w, const BlockQ8K& x) {
  return 0.125f * ((f16_to_f32(w.d) * x.d) * static_cast<float>(dot_integers(w, x)));
}

float dot(const BlockQ8_0& w, const std::int8_t* x, float x_scale) {
  return f16_to_f32(w.d) * x_scale * static_cast<float>(dot_integers(w, x));
}

float dot(const BlockMXFP4& w, const std::int8_t* x, float x_scale) {
  // Half the scale, because the codes are doubled. 2^-128 is still a (subnormal) binary32.
  const float half = w.e == 255 ? e8m0_to_f32(255) : power_of_two(int{w.e} - 128);
  return half * x_scale * static_cast<float>(dot_integers(w, x));
}

}  // namespace ds4::quant
