// For tests of the operations on rows: what random sessions would be given, and the same rows,
// choices and results by plain code, a token at a time, straight from docs/numerics.md.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "device/cpu/functions.h"
#include "device/cpu/test_rows.h"
#include "device/device.h"
#include "quant/scalar.h"
#include "quant/simulate.h"

namespace ds4::device {

struct SessionShape {
  RowFormat format;
  std::uint32_t heads = 4;
  std::uint32_t window = 40;
  std::uint32_t ratio = 0;
  std::uint32_t index_heads = 3;
  std::uint32_t top_k = 0;

  std::uint32_t slots() const { return ratio == 4 ? 24 : 144; }
  std::uint32_t table_rows() const { return std::max(ratio, 1u); }
  std::uint32_t projected(std::uint32_t width) const { return ratio == 4 ? 2 * width : width; }
};

// Weights of a layer.
struct LayerNumbers {
  explicit LayerNumbers(const SessionShape& s)
      : norm(quant::Type::f32, random_floats(1, s.format.head_width)),
        compressed_norm(quant::Type::f16, random_floats(2, s.format.head_width)),
        index_norm(quant::Type::f32, random_floats(3, s.format.index_width)),
        ape(quant::Type::f16, random_floats(4, s.table_rows() * s.projected(s.format.head_width)),
            s.table_rows()),
        index_ape(quant::Type::f32,
                  random_floats(5, s.table_rows() * s.projected(s.format.index_width)),
                  s.table_rows()),
        sinks(quant::Type::f32, random_floats(6, s.heads)) {
    for (std::uint32_t i = 0; i < s.format.rope_width / 2; ++i) {
      frequencies.push_back(std::pow(
          10000.0f, -2.0f * static_cast<float>(i) / static_cast<float>(s.format.rope_width)));
    }
  }
  Rope rope() const { return {frequencies.data(), static_cast<std::uint32_t>(frequencies.size())}; }

  TestWeight norm, compressed_norm, index_norm, ape, index_ape, sinks;
  std::vector<float> frequencies;
};

// What the projections of a session's tokens gave.
struct SessionInputs {
  SessionInputs(const SessionShape& s, std::uint32_t seed, std::size_t count)
      : tokens(count),
        x(random_floats(seed + 10, count * s.format.head_width, 2)),
        queries(random_floats(seed + 11, count * s.heads * s.format.head_width, 2)),
        values(random_floats(seed + 12, count * s.projected(s.format.head_width))),
        scores(random_floats(seed + 13, count * s.projected(s.format.head_width), 2)),
        index_values(random_floats(seed + 14, count * s.projected(s.format.index_width))),
        index_scores(random_floats(seed + 15, count * s.projected(s.format.index_width), 2)),
        index_queries(random_floats(seed + 16, count * s.index_heads * s.format.index_width)),
        head_weights(random_floats(seed + 17, count * s.index_heads)) {}

  std::size_t tokens;
  std::vector<float> x, queries, values, scores, index_values, index_scores, index_queries,
      head_weights;
};

inline float reference_product(const float* w, const float* x, std::size_t count) {
  float acc[16] = {};
  for (std::size_t i = 0; i < count; ++i) acc[i % 16] = std::fma(w[i], x[i], acc[i % 16]);
  for (std::size_t half = 8; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) acc[i] = acc[i] + acc[i + half];
  }
  return acc[0];
}

inline void reference_norm(float* x, const TestWeight& norm, std::size_t width) {
  const float mean = reference_product(x, x, width) / static_cast<float>(width);
  const float scale = 1.0f / std::sqrt(mean + 1e-6f);
  for (std::size_t i = 0; i < width; ++i) x[i] = (x[i] * scale) * norm.values[i];
}

inline void reference_rotation(float* x, std::size_t width, const std::vector<float>& frequencies,
                               std::uint64_t position, bool inverse) {
  x += width - 2 * frequencies.size();
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    float sine, cosine;
    canonical_sincos(static_cast<float>(position) * frequencies[i], sine, cosine);
    if (inverse) sine = -sine;
    const float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = std::fma(a, cosine, -(b * sine));
    x[2 * i + 1] = std::fma(a, sine, b * cosine);
  }
}

// What is left of a key row when it is packed.
inline void reference_key_rounding(const RowFormat& format, float* row) {
  if (!format.is_packed) return;
  const std::size_t plain = format.head_width - format.rope_width;
  quant::fp8sim64(row, plain);
  for (std::size_t i = plain; i < format.head_width; ++i) {
    row[i] = quant::f16_to_f32(quant::f32_to_f16(std::clamp(row[i], -65504.0f, 65504.0f)));
  }
}

// dot(h, j) of docs/numerics.md, from rows before their rounding to E2M1.
inline float reference_index_dot(const RowFormat& format, const float* query, const float* row) {
  const std::size_t width = format.index_width;
  if (!format.is_packed) return reference_product(query, row, width);
  float sum = 0;
  for (std::size_t at = 0; at < width; at += 32) {
    const auto exponent = [&](const float* x) {
      float largest = 0;
      for (std::size_t i = at; i < at + 32; ++i) largest = std::max(largest, std::fabs(x[i]));
      return quant::fp4_scale_exponent(largest);
    };
    const int eq = exponent(query), ek = exponent(row);
    std::vector<float> q(query + at, query + at + 32), k(row + at, row + at + 32);
    quant::fp4sim32(q.data(), 32);
    quant::fp4sim32(k.data(), 32);
    int integer = 0;
    for (std::size_t i = 0; i < 32; ++i) {
      integer +=
          static_cast<int>(std::ldexp(q[i], 1 - eq)) * static_cast<int>(std::ldexp(k[i], 1 - ek));
    }
    sum = std::fma(std::ldexp(1.0f, eq + ek - 2), static_cast<float>(integer), sum);
  }
  return sum;
}

// A session's layer after all its tokens.
struct SessionReference {
  std::vector<std::vector<float>> keys, compressed;  // as every reader sees them
  std::vector<std::vector<float>> index;             // before their rounding
  std::vector<std::vector<std::uint32_t>> chosen;    // [tokens] empty where all are visible
  std::vector<float> out;                            // [tokens, heads, head_width]
};

inline std::vector<float> reference_pool(const SessionShape& s, const std::vector<float>& values,
                                         const std::vector<float>& scores, const TestWeight& ape,
                                         std::size_t width, std::uint64_t window) {
  const std::size_t projected = s.projected(static_cast<std::uint32_t>(width));
  std::vector<float> row(width);
  for (std::size_t k = 0; k < width; ++k) {
    std::vector<std::pair<float, float>> slots;
    const auto add = [&](std::uint64_t token, std::size_t channel) {
      const float table = ape.values[token % s.ratio * projected + channel];
      slots.emplace_back(scores[token * projected + channel] + table,
                         values[token * projected + channel]);
    };
    const std::uint64_t first = window * s.ratio;
    for (std::uint64_t t = first; s.ratio == 4 && window > 0 && t < first + 4; ++t) add(t - 4, k);
    for (std::uint64_t t = first; t < first + s.ratio; ++t) add(t, projected - width + k);
    float maximum = slots[0].first;
    for (const auto& slot : slots) maximum = std::max(maximum, slot.first);
    float numerator = 0, denominator = 0;
    for (const auto& [score, value] : slots) {
      const float weight = canonical_exp(score - maximum);
      numerator = std::fma(weight, value, numerator);
      denominator = denominator + weight;
    }
    row[k] = numerator / denominator;
  }
  return row;
}

inline std::vector<std::uint32_t> reference_choice(const std::vector<float>& scores,
                                                   std::size_t top_k) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
  order.resize(top_k);
  std::sort(order.begin(), order.end());
  return order;
}

inline std::vector<float> reference_index_scores(const SessionShape& s, const float* queries,
                                                 const float* head_weights,
                                                 const std::vector<std::vector<float>>& rows,
                                                 std::size_t visible) {
  const std::size_t width = s.format.index_width;
  std::vector<float> scores(visible);
  for (std::size_t j = 0; j < visible; ++j) {
    for (std::uint32_t h = 0; h < s.index_heads; ++h) {
      const float dot = reference_index_dot(s.format, queries + h * width, rows[j].data());
      const float weight = (head_weights[h] * (1.0f / std::sqrt(static_cast<float>(width)))) *
                           (1.0f / std::sqrt(static_cast<float>(s.index_heads)));
      scores[j] = std::fma(weight, std::max(dot, 0.0f), scores[j]);
    }
  }
  return scores;
}

// One query's heads over rows that come in tiles.
inline void reference_attention(const SessionShape& s, const float* query, const float* sinks,
                                const std::vector<std::vector<const float*>>& tiles, float* out) {
  const std::size_t width = s.format.head_width;
  const float scale = 1.0f / std::sqrt(static_cast<float>(width));
  for (std::uint32_t h = 0; h < s.heads; ++h, query += width, out += width) {
    float maximum = sinks[h], denominator = 1;
    std::fill(out, out + width, 0.0f);
    for (const auto& tile : tiles) {
      std::vector<float> scores;
      float largest = -INFINITY;
      for (const float* row : tile) {
        scores.push_back(reference_product(query, row, width) * scale);
        largest = std::max(largest, scores.back());
      }
      const float next = std::max(maximum, largest);
      const float factor = canonical_exp(maximum - next);
      maximum = next;
      denominator = denominator * factor;
      for (std::size_t k = 0; k < width; ++k) out[k] = out[k] * factor;
      for (std::size_t r = 0; r < tile.size(); ++r) {
        const float weight = canonical_exp(scores[r] - maximum);
        denominator = denominator + weight;
        for (std::size_t k = 0; k < width; ++k) out[k] = std::fma(weight, tile[r][k], out[k]);
      }
    }
    const float inverse = 1.0f / denominator;
    for (std::size_t k = 0; k < width; ++k) out[k] = out[k] * inverse;
  }
}

inline SessionReference reference_session(const SessionShape& s, const LayerNumbers& layer,
                                          const SessionInputs& in) {
  SessionReference to;
  const std::size_t width = s.format.head_width, index_width = s.format.index_width;
  to.chosen.resize(in.tokens);
  to.out.resize(in.tokens * s.heads * width);
  for (std::uint64_t p = 0; p < in.tokens; ++p) {
    std::vector<float> key(&in.x[p * width], &in.x[p * width] + width);
    reference_norm(key.data(), layer.norm, width);
    reference_rotation(key.data(), width, layer.frequencies, p, false);
    reference_key_rounding(s.format, key.data());
    to.keys.push_back(key);

    if (s.ratio != 0 && (p + 1) % s.ratio == 0) {
      const std::uint64_t window = p / s.ratio;
      auto row = reference_pool(s, in.values, in.scores, layer.ape, width, window);
      reference_norm(row.data(), layer.compressed_norm, width);
      reference_rotation(row.data(), width, layer.frequencies, window * s.ratio, false);
      reference_key_rounding(s.format, row.data());
      to.compressed.push_back(row);
      if (s.ratio == 4) {
        row = reference_pool(s, in.index_values, in.index_scores, layer.index_ape, index_width,
                             window);
        reference_norm(row.data(), layer.index_norm, index_width);
        reference_rotation(row.data(), index_width, layer.frequencies, window * s.ratio, false);
        quant::hadamard(row.data(), index_width);
        to.index.push_back(row);
      }
    }
    const std::size_t visible = to.compressed.size();
    if (s.ratio == 4 && visible > s.top_k) {
      const std::size_t heads = s.index_heads;
      std::vector<float> queries(&in.index_queries[p * heads * index_width],
                                 &in.index_queries[p * heads * index_width] + heads * index_width);
      for (std::size_t h = 0; h < heads; ++h) {
        reference_rotation(&queries[h * index_width], index_width, layer.frequencies, p, false);
        quant::hadamard(&queries[h * index_width], index_width);
      }
      to.chosen[p] = reference_choice(
          reference_index_scores(s, queries.data(), &in.head_weights[p * heads], to.index, visible),
          s.top_k);
    }

    std::vector<std::vector<const float*>> tiles;
    const std::uint64_t first = p + 1 > s.window ? p + 1 - s.window : 0;
    for (std::uint64_t at = first; at <= p; ++at) {
      if (at == first || at % 32 == 0) tiles.emplace_back();
      tiles.back().push_back(to.keys[at].data());
    }
    const bool is_chosen = !to.chosen[p].empty();
    const std::size_t listed = is_chosen ? to.chosen[p].size() : visible;
    for (std::size_t i = 0; i < listed; ++i) {
      if (i % 32 == 0) tiles.emplace_back();
      tiles.back().push_back(to.compressed[is_chosen ? to.chosen[p][i] : i].data());
    }
    float* out = &to.out[p * s.heads * width];
    reference_attention(s, &in.queries[p * s.heads * width], layer.sinks.values.data(), tiles, out);
    for (std::uint32_t h = 0; h < s.heads; ++h) {
      reference_rotation(out + h * width, width, layer.frequencies, p, true);
    }
  }
  return to;
}

}  // namespace ds4::device
