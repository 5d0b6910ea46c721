// Finds, among the patterns that may stand in for eight levels that no grid entry has, the one of
// the least weighted squared error. This is where an IQ2_XXS conversion spends its time.
#pragma once

#include <cfloat>
#include <span>

#include "quant/lanes.h"

namespace ds4::quant {

// Eight magnitudes and their weights, each repeated four times: one copy for every level.
struct alignas(64) Iq2xxsTuple {
  float x[32];
  float v[32];
};

// table[4 * j + level] = v_j * (scale * (2 * level + 1) - x_j)^2
template <int W>
DS4_INLINE void fill_error_table(const Iq2xxsTuple& tuple, float scale, float* table) {
  using F = typename Lanes<W>::F;
  F odd;
  for (int i = 0; i < W; ++i) odd[i] = static_cast<float>(2 * (i % 4) + 1);
  const F point = scale * odd;
  for (int i = 0; i < 32; i += W) {
    const F off = point - load_lanes<F>(tuple.x + i);
    store_lanes(table + i, load_lanes<F>(tuple.v + i) * off * off);
  }
}

// Of every lane, table[4 * j + level j of the lane's pattern], for the j-th row of the table.
template <int W>
DS4_INLINE typename Lanes<W>::F look_up(const float* row, const typename Lanes<W>::I& patterns,
                                        int j) {
  using F = typename Lanes<W>::F;
  using I = typename Lanes<W>::I;
  const I levels = patterns >> (2 * j);
#if defined(__GNUC__) && !defined(__clang__)
  if constexpr (W >= 8) {
    // The row repeated over the register: only the lowest two bits of an index matter.
    F repeated;
    for (int i = 0; i < W; i += 4) std::memcpy(reinterpret_cast<char*>(&repeated) + 4 * i, row, 16);
    return __builtin_shuffle(repeated, levels);
  }
#endif
  const F low = (levels & 1) != 0 ? F{} + row[1] : F{} + row[0];
  return (levels & 2) != 0 ? F{} + row[2] : low;
}

// The first of the best in list order. Sums run from element 0 to 7 for every pattern.
template <int W>
DS4_INLINE std::uint32_t best_neighbour(std::span<const std::uint16_t> list,
                                        const Iq2xxsTuple& tuple, float scale) {
  using F = typename Lanes<W>::F;
  using I = typename Lanes<W>::I;
  alignas(64) float table[32];
  fill_error_table<W>(tuple, scale, table);

  I place;
  for (int i = 0; i < W; ++i) place[i] = i;
  I best_place = place;
  F best = F{} + FLT_MAX;
  for (std::size_t at = 0; at < list.size(); at += W) {
    const auto packed = load_lanes<typename Lanes<W>::U16>(list.data() + at);
    const I patterns = __builtin_convertvector(packed, I);
    F error{};
    for (int j = 0; j < 8; ++j) error += look_up<W>(table + 4 * j, patterns, j);
    const I better = error < best;
    best = better ? error : best;
    best_place = better ? place : best_place;
    place += W;
  }

  float errors[W];
  std::int32_t places[W];
  store_lanes(errors, best);
  store_lanes(places, best_place);
  float least = errors[0];
  for (int i = 1; i < W; ++i) least = errors[i] < least ? errors[i] : least;
  std::int32_t first = 1 << 30;
  for (int i = 0; i < W; ++i) {
    const std::int32_t candidate = errors[i] == least ? places[i] : 1 << 30;
    first = candidate < first ? candidate : first;
  }
  return list[static_cast<std::size_t>(first)];
}

}  // namespace ds4::quant
