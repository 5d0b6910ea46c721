// The IQ2_XXS encoder: per group of 32, thirteen trial scales, each projected onto the grid, and a
// last projection at the best one. 32 groups run side by side.
#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "quant/iq2_xxs.h"
#include "quant/iq2_xxs_grid.h"
#include "quant/iq2_xxs_neighbours.h"
#include "quant/iq2_xxs_search.h"
#include "quant/numbers.h"
#include "quant/scalar.h"
#include "quant/scale_fit.h"

namespace ds4::quant {

namespace {

constexpr int kBatch = 4;  // blocks at a time
constexpr int kGroups = kBatch * 8;

struct Work {
  alignas(64) float x[32][kGroups];  // magnitudes; [element of the group][block * 8 + group]
  alignas(64) float w[32][kGroups];
  alignas(64) float wx[32][kGroups];
  alignas(64) std::int32_t patterns[4][kGroups];  // of the trial; [eighth element][group]
  alignas(64) std::int32_t best_patterns[4][kGroups];
  alignas(64) float largest[kGroups];
  alignas(64) float scale[kGroups];  // 0 for a group of zeros
  alignas(64) float best[kGroups];
  alignas(64) float sum_xq[kGroups];
  alignas(64) float sum_qq[kGroups];
  alignas(64) std::int32_t fit_codes[32][kGroups];
  std::uint32_t signs[kGroups][4];  // seven bits each
  Iq2xxsTuple tuples[kGroups][4];
};

// One group: magnitudes with an even number of minus signs, the odd one out being the value that
// costs least; it is negative then.
DS4_INLINE void load_group(const float* x, const float* w, const float* v, int g, Work& work) {
  float largest = 0;
  for (int k = 0; k < 4; ++k) {
    float magnitudes[8];
    std::uint32_t signs = 0;
    for (int j = 0; j < 8; ++j) {
      const float value = x[8 * k + j];
      signs |= static_cast<std::uint32_t>(value < 0) << j;
      magnitudes[j] = value < 0 ? -value : value;
    }
    if (std::popcount(signs) % 2 != 0) {
      int cheapest = 0;
      float least = w[8 * k] * x[8 * k] * x[8 * k];
      for (int j = 1; j < 8; ++j) {
        const float cost = w[8 * k + j] * x[8 * k + j] * x[8 * k + j];
        if (cost < least) {
          least = cost;
          cheapest = j;
        }
      }
      signs ^= 1u << cheapest;
      magnitudes[cheapest] = -magnitudes[cheapest];
    }
    work.signs[g][k] = signs & 127;
    for (int j = 0; j < 8; ++j) {
      largest = magnitudes[j] > largest ? magnitudes[j] : largest;
      work.x[8 * k + j][g] = magnitudes[j];
      work.w[8 * k + j][g] = w[8 * k + j];
      work.wx[8 * k + j][g] = w[8 * k + j] * magnitudes[j];
      for (int copy = 0; copy < 4; ++copy) {
        work.tuples[g][k].x[4 * j + copy] = magnitudes[j];
        work.tuples[g][k].v[4 * j + copy] = v[8 * k + j];
      }
    }
  }
  work.largest[g] = largest;
}

DS4_INLINE void load_blocks(const float* row, const float* importance, int blocks, Work& work) {
  alignas(64) float x[kBatch][256];
  float sums[kBatch] = {};
  for (int b = 0; b < kBatch; ++b) {
    for (int i = 0; i < 256; ++i) x[b][i] = b < blocks ? tame(row[b * 256 + i]) : 0.0f;
  }
  for (int i = 0; i < 256; ++i) {
    for (int b = 0; b < kBatch; ++b) sums[b] += x[b][i] * x[b][i];
  }
  for (int b = 0; b < kBatch; ++b) {
    const float variance = sums[b] / 256.0f;
    alignas(64) float w[256];
    alignas(64) float v[256];
    for (int i = 0; i < 256; ++i) {
      const float weight = b < blocks ? tame_importance(importance[b * 256 + i]) : 0.0f;
      w[i] = weight * __builtin_sqrtf(variance + x[b][i] * x[b][i]);
    }
    for (int i = 0; i < 256; ++i) v[i] = __builtin_sqrtf(w[i]);
    for (int g = 0; g < 8; ++g) load_group(x[b] + 32 * g, w + 32 * g, v + 32 * g, 8 * b + g, work);
  }
}

// The levels nearest to the magnitudes at `inverse` of the scale, as patterns.
template <int W>
DS4_INLINE void project(const typename Lanes<W>::F& inverse, int lane, Work& work) {
  using F = typename Lanes<W>::F;
  using I = typename Lanes<W>::I;
  for (int k = 0; k < 4; ++k) {
    I pattern{};
    for (int j = 0; j < 8; ++j) {
      const F x = load_lanes<F>(&work.x[8 * k + j][lane]);
      const F l = round_lanes(0.5f * (inverse * x - 1.0f));
      const F level = smaller(larger(l, F{}), F{} + 2.0f);
      pattern |= __builtin_convertvector(level, I) << (2 * j);
    }
    store_lanes(&work.patterns[k][lane], pattern);
  }
}

// Replaces patterns that the grid has not.
template <int W>
DS4_INLINE void move_to_grid(const Iq2xxsNeighbours& neighbours, const float* scale, int groups,
                             Work& work) {
  for (int g = 0; g < groups; ++g) {
    if (work.scale[g] == 0) continue;
    for (int k = 0; k < 4; ++k) {
      const auto list = neighbours.of(static_cast<std::uint32_t>(work.patterns[k][g]));
      if (list.empty()) continue;
      work.patterns[k][g] =
          static_cast<std::int32_t>(best_neighbour<W>(list, work.tuples[g][k], scale[g]));
    }
  }
}

// sum of w x q and of w q^2 over a group, q being 1, 3 or 5.
template <int W>
DS4_INLINE void sum_up(int lane, const Work& work, typename Lanes<W>::F& sum_xq,
                       typename Lanes<W>::F& sum_qq) {
  using F = typename Lanes<W>::F;
  using I = typename Lanes<W>::I;
  sum_xq = F{};
  sum_qq = F{};
  for (int k = 0; k < 4; ++k) {
    const I pattern = load_lanes<I>(&work.patterns[k][lane]);
    for (int j = 0; j < 8; ++j) {
      const F q = __builtin_convertvector((pattern >> (2 * j) & 3) * 2 + 1, F);
      sum_xq += load_lanes<F>(&work.wx[8 * k + j][lane]) * q;
      sum_qq += load_lanes<F>(&work.w[8 * k + j][lane]) * q * q;
    }
  }
}

template <int W>
DS4_INLINE void search(const Iq2xxsNeighbours& neighbours, int groups, Work& work) {
  using F = typename Lanes<W>::F;
  using I = typename Lanes<W>::I;
  alignas(64) float reach[kGroups];  // what the largest level's half stands for
  alignas(64) float trial_scale[kGroups];
  for (int lane = 0; lane < groups; lane += W) {
    fit_scale<W, 32>(4, &work.x[0][lane], &work.w[0][lane], kGroups, &work.fit_codes[0][lane],
                     &work.scale[lane]);
    const F fitted = load_lanes<F>(&work.scale[lane]);
    const F effective = fitted * 3.0f;
    const I usable = (load_lanes<F>(&work.largest[lane]) >= kTiny) & (effective > 0.0f);
    store_lanes(reach + lane, effective);
    store_lanes(&work.scale[lane], usable ? fitted : F{});
    store_lanes(&work.best[lane], F{});
  }
  std::memset(work.best_patterns, 0, sizeof work.best_patterns);

  for (int t = -6; t <= 6; ++t) {
    for (int lane = 0; lane < groups; lane += W) {
      const F inverse = (5.0f + 0.1f * static_cast<float>(t)) / load_lanes<F>(reach + lane);
      store_lanes(trial_scale + lane, 1.0f / inverse);
      project<W>(inverse, lane, work);
    }
    move_to_grid<W>(neighbours, trial_scale, groups, work);
    for (int lane = 0; lane < groups; lane += W) {
      F sum_xq;
      F sum_qq;
      sum_up<W>(lane, work, sum_xq, sum_qq);
      const F best = load_lanes<F>(&work.best[lane]);
      const F scale = load_lanes<F>(&work.scale[lane]);
      const I better = (scale != 0.0f) & (sum_qq > 0.0f) & (sum_xq * sum_xq > best * sum_qq);
      const F fitted = sum_xq / sum_qq;
      store_lanes(&work.scale[lane], better ? fitted : scale);
      store_lanes(&work.best[lane], better ? fitted * sum_xq : best);
      for (int k = 0; k < 4; ++k) {
        const I from = load_lanes<I>(&work.patterns[k][lane]);
        const I old = load_lanes<I>(&work.best_patterns[k][lane]);
        store_lanes(&work.best_patterns[k][lane], better ? from : old);
      }
    }
  }

  // Once more at the best scale itself.
  for (int lane = 0; lane < groups; lane += W) {
    const F scale = load_lanes<F>(&work.scale[lane]);
    store_lanes(trial_scale + lane, scale);
    project<W>(1.0f / scale, lane, work);
  }
  move_to_grid<W>(neighbours, trial_scale, groups, work);
  for (int lane = 0; lane < groups; lane += W) {
    F sum_xq;
    F sum_qq;
    sum_up<W>(lane, work, sum_xq, sum_qq);
    const F scale = load_lanes<F>(&work.scale[lane]);
    const I positive = scale > 0.0f;
    store_lanes(&work.scale[lane], positive & (sum_qq > 0.0f) ? sum_xq / sum_qq : scale);
    for (int k = 0; k < 4; ++k) {
      const I from = load_lanes<I>(&work.patterns[k][lane]);
      const I old = load_lanes<I>(&work.best_patterns[k][lane]);
      store_lanes(&work.best_patterns[k][lane], positive ? from : old);
    }
  }
}

DS4_INLINE void write_block(const Iq2xxsNeighbours& neighbours, int first, Work& work,
                            std::byte* out) {
  float largest = 0;
  for (int g = first; g < first + 8; ++g) {
    if (work.scale[g] < 0) {  // possible through the negated value only
      work.scale[g] = -work.scale[g];
      for (std::uint32_t& signs : work.signs[g]) signs = ~signs & 127;
    }
    largest = std::max(largest, work.scale[g]);
  }
  BlockIQ2XXS block{};
  if (largest > 0) {
    const float d = largest / 31.0f;
    const float inverse = 1.0f / d;
    block.d = scale_to_f16(d);
    for (int g = 0; g < 8; ++g) {
      const float scale = work.scale[first + g];
      if (scale == 0) continue;
      const float rounded = round_even(0.5f * (inverse * scale - 1.0f));
      std::uint32_t word =
          static_cast<std::uint32_t>(rounded > 0 ? (rounded < 15 ? rounded : 15.0f) : 0.0f) << 28;
      for (int k = 0; k < 4; ++k) {
        word |= work.signs[first + g][k] << (7 * k);
        block.groups[g][k] =
            neighbours.index_of(static_cast<std::uint32_t>(work.best_patterns[k][first + g]));
      }
      std::memcpy(block.groups[g] + 4, &word, 4);
    }
  }
  store(out, block);
}

template <int W>
DS4_INLINE void encode_body(const float* row, std::size_t columns, const float* importance,
                            std::byte* out) {
  const Iq2xxsNeighbours& neighbours = Iq2xxsNeighbours::get();
  Work work;
  for (std::size_t at = 0; at < columns; at += kBatch * 256) {
    const int blocks = static_cast<int>(std::min<std::size_t>(kBatch, (columns - at) / 256));
    load_blocks(row + at, importance + at, blocks, work);
    search<W>(neighbours, (blocks * 8 + W - 1) / W * W, work);
    for (int b = 0; b < blocks; ++b, out += sizeof(BlockIQ2XXS)) {
      write_block(neighbours, 8 * b, work, out);
    }
  }
}

DS4_TARGET_VERSIONS(encode, encode_body,
                    (const float* row, std::size_t columns, const float* importance,
                     std::byte* out),
                    (row, columns, importance, out))

}  // namespace

void encode_iq2_xxs(const float* row, std::size_t columns, const float* importance, std::byte* out,
                    Target target) {
  CHECK(importance != nullptr);
  encode_at(target)(row, columns, importance, out);
}

}  // namespace ds4::quant
