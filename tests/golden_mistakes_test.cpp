// What the golden vectors can tell apart: each mistake that implementations of this model really
// make is built into shape or weights, and moves the logits far beyond the tolerance. Three of the
// list in tests/vectors/model/README.md have no such form, and are left to the tests of their
// operations: no inverse rotation, compressed rows rotated by their last token, queries not normed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <deque>
#include <functional>
#include <limits>

#include "tests/golden_model.h"

namespace ds4 {
namespace {

using device::Weight;
using model::LayerWeights;
using model::Shape;

// A model whose shape and weights can be changed.
class BentModel {
 public:
  explicit BentModel(const model::ModelFile& file) : shape(file.shape()), weights(file.weights()) {}

  Shape shape;
  model::ModelWeights weights;

  // The numbers of an F32 weight, from now on its own.
  std::span<float> own(Weight& weight) {
    EXPECT_EQ(weight.type, quant::Type::f32);
    const auto* from = reinterpret_cast<const float*>(weight.data);
    auto& copy = owned_.emplace_back(from, from + weight.bytes() / sizeof(float));
    weight.data = reinterpret_cast<const std::byte*>(copy.data());
    return copy;
  }
  void fill(Weight& weight, float value) {
    for (float& x : own(weight)) x = value;
  }

  // Row r of the weight becomes what row from(r) was.
  void permute_rows(Weight& weight, const std::function<std::size_t(std::size_t)>& from) {
    const auto* old = reinterpret_cast<const float*>(weight.data);
    const std::span<float> now = own(weight);
    for (std::size_t r = 0; r < weight.rows; ++r) {
      std::copy_n(old + from(r) * weight.columns, weight.columns,
                  now.begin() + static_cast<std::ptrdiff_t>(r * weight.columns));
    }
  }
  // The same with columns; a vector is one row.
  void permute_columns(Weight& weight, const std::function<std::size_t(std::size_t)>& from) {
    const auto* old = reinterpret_cast<const float*>(weight.data);
    const std::span<float> now = own(weight);
    for (std::size_t r = 0; r < weight.rows; ++r) {
      for (std::size_t c = 0; c < weight.columns; ++c) {
        now[r * weight.columns + c] = old[r * weight.columns + from(c)];
      }
    }
  }

 private:
  std::deque<std::vector<float>> owned_;
};

using Bend = std::function<void(BentModel&)>;

Bend each_layer(std::function<void(BentModel&, LayerWeights&)> bend) {
  return [bend = std::move(bend)](BentModel& m) {
    for (LayerWeights& layer : m.weights.layers) bend(m, layer);
  };
}
Bend each_compressor(std::function<void(BentModel&, model::CompressorWeights&)> bend) {
  return [bend = std::move(bend)](BentModel& m) {
    for (LayerWeights& layer : m.weights.layers) {
      if (layer.ratio != 0) bend(m, layer.compressor);
      if (layer.ratio == model::kIndexedRatio) bend(m, layer.indexer.compressor);
    }
  };
}
// Of those whose windows overlap.
Bend each_overlapping(std::function<void(BentModel&, model::CompressorWeights&)> bend) {
  return [bend = std::move(bend)](BentModel& m) {
    for (LayerWeights& layer : m.weights.layers) {
      if (layer.ratio != model::kIndexedRatio) continue;
      bend(m, layer.compressor);
      bend(m, layer.indexer.compressor);
    }
  };
}

// The rotation finds other channels where it looks for its pairs: channel c of a head becomes what
// channel from(c, width, rope_width) was, and whoever reads the head knows it.
using From = std::size_t (*)(std::size_t channel, std::size_t width, std::size_t rope_width);

Bend rotate_others(From from) {
  return each_layer([from](BentModel& m, LayerWeights& layer) {
    const auto channels_of = [&m, from](std::size_t width) {
      return [&m, from, width](std::size_t i) {
        return i / width * width + from(i % width, width, m.shape.rope_width);
      };
    };
    const auto permute_compressor = [&](model::CompressorWeights& w, std::size_t width) {
      m.permute_rows(w.key, channels_of(width));
      m.permute_rows(w.gate, channels_of(width));
      m.permute_columns(w.ape, channels_of(width));
      m.permute_columns(w.norm, channels_of(width));
    };
    const auto head = channels_of(m.shape.head_width);
    m.permute_rows(layer.attention.query_b, head);
    m.permute_rows(layer.attention.key, head);
    m.permute_columns(layer.attention.key_norm, head);
    m.permute_columns(layer.attention.output_a, head);
    if (layer.ratio != 0) permute_compressor(layer.compressor, m.shape.head_width);
    if (layer.ratio != model::kIndexedRatio) return;
    m.permute_rows(layer.indexer.query_b, channels_of(m.shape.index_width));
    permute_compressor(layer.indexer.compressor, m.shape.index_width);
  });
}

std::size_t same_channel(std::size_t channel, std::size_t, std::size_t) {
  return channel;
}
// Pairs (i, i + half) instead of neighbours.
std::size_t half_split_channel(std::size_t channel, std::size_t width, std::size_t rope_width) {
  const std::size_t plain = width - rope_width;
  if (channel < plain) return channel;
  const std::size_t i = channel - plain;
  return plain + i / 2 + i % 2 * (rope_width / 2);
}
// The first channels instead of the last.
std::size_t first_channel(std::size_t channel, std::size_t width, std::size_t rope_width) {
  const std::size_t plain = width - rope_width;
  return channel < plain ? channel + rope_width : channel - plain;
}

void transpose_comb(BentModel& m, model::MixWeights& mix) {
  const auto from = [](std::size_t i) {
    constexpr std::size_t kFirst = 2 * model::kStreams;
    if (i < kFirst) return i;
    return kFirst + (i - kFirst) % model::kStreams * model::kStreams +
           (i - kFirst) / model::kStreams;
  };
  m.permute_rows(mix.fn, from);
  m.permute_columns(mix.base, from);
}

Bend with_iterations(std::uint32_t count) {
  return [count](BentModel& m) { m.shape.sinkhorn_iterations = count; };
}

struct Mistake {
  const char* name;
  double moves;  // how far, as tests/vectors/model/README.md measured it
  Bend make;
};

const Mistake kMistakes[] = {
    {"window one too small", 13, [](BentModel& m) { m.shape.window -= 1; }},
    {"window one too large", 13, [](BentModel& m) { m.shape.window += 1; }},
    {"pairs split in halves", 15, rotate_others(half_split_channel)},
    {"first channels rotated", 15, rotate_others(first_channel)},
    {"no YaRN", 4.3, [](BentModel& m) { m.shape.rope_factor = 1; }},
    {"YaRN context doubled", 3.1, [](BentModel& m) { m.shape.rope_original_tokens *= 2; }},
    {"plain base everywhere", 7,
     [](BentModel& m) { m.shape.compress_rope_base = m.shape.rope_base; }},
    {"compressed base everywhere", 7,
     [](BentModel& m) { m.shape.rope_base = m.shape.compress_rope_base; }},
    {"comb transposed", 5, each_layer([](BentModel& m, LayerWeights& layer) {
       transpose_comb(m, layer.attention_mix);
       transpose_comb(m, layer.expert_mix);
     })},
    {"no sinks", 8, each_layer([](BentModel& m, LayerWeights& layer) {
       m.fill(layer.attention.sinks, -std::numeric_limits<float>::infinity());
     })},
    {"no position table", 6,
     each_compressor([](BentModel& m, model::CompressorWeights& w) { m.fill(w.ape, 0); })},
    {"position table's halves swapped", 7,
     each_overlapping([](BentModel& m, model::CompressorWeights& w) {
       const std::size_t columns = w.ape.columns;
       m.permute_columns(w.ape, [=](std::size_t c) { return (c + columns / 2) % columns; });
     })},
    {"no overlap", 8, each_overlapping([](BentModel& m, model::CompressorWeights& w) {
       // What a token gives to the next window never counts.
       const std::span<float> ape = m.own(w.ape);
       for (std::size_t i = 0; i < ape.size(); ++i) {
         if (i % w.ape.columns < w.ape.columns / 2) ape[i] = -1e30f;
       }
     })},
    {"overlap's halves swapped", 8, each_overlapping([](BentModel& m, model::CompressorWeights& w) {
       const std::size_t width = w.key.rows;
       const auto other = [=](std::size_t i) { return (i + width / 2) % width; };
       m.permute_rows(w.key, other);
       m.permute_rows(w.gate, other);
       m.permute_columns(w.ape, other);
     })},
    {"top-k one too small", 4.5, [](BentModel& m) { m.shape.index_top_k -= 1; }},
    {"top-k one too large", 4.5, [](BentModel& m) { m.shape.index_top_k += 1; }},
    {"router bias ignored", 5,
     each_layer([](BentModel&, LayerWeights& layer) { layer.experts.bias = {}; })},
    {"shared expert not clamped", 5,
     [](BentModel& m) { m.shape.shared_clamps.assign(m.shape.layers, 0.0f); }},
    {"nothing clamped", 8,
     [](BentModel& m) {
       m.shape.shared_clamps.assign(m.shape.layers, 0.0f);
       m.shape.expert_clamps.assign(m.shape.layers, 0.0f);
     }},
    {"1 Sinkhorn iteration", 5, with_iterations(1)},
    {"3 Sinkhorn iterations", 4, with_iterations(3)},
    {"19 Sinkhorn iterations", 1.6e-3, with_iterations(19)},
};

class golden_mistakes : public testing::Test {
 protected:
  // The largest difference of any logit from what was recorded.
  double moved_by(const Bend& bend) const {
    BentModel bent(file_);
    bend(bent);
    tests::RunningModel running(
        bent.shape, bent.weights,
        {.round_rows = false, .rows_max = static_cast<std::uint32_t>(golden_.tokens.size())});
    model::SessionState state = running.start();
    const std::vector<float> logits = running.feed(state, golden_.tokens);
    const std::vector<double>& expected = golden_["logits"].values;
    EXPECT_EQ(logits.size(), expected.size());
    double largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(std::isfinite(logits[i]));
      largest = std::max(largest, std::abs(logits[i] - expected[i]));
    }
    return largest;
  }

  const model::ModelFile& file_ = tests::golden_model("A");
  const tests::GoldenSequence golden_ = tests::golden_sequence({"A", "len130", "f32"});
};

constexpr double kTolerance = 5e-4;

TEST_F(golden_mistakes, none_is_close) {
  EXPECT_LE(moved_by([](BentModel&) {}), kTolerance);
  // The way of making the mistakes about channels is none by itself.
  EXPECT_LE(moved_by(rotate_others(same_channel)), kTolerance);
}

TEST_F(golden_mistakes, each_moves_the_logits) {
  for (const Mistake& mistake : kMistakes) {
    const double moved = moved_by(mistake.make);
    std::printf("%-32s moves a logit by %.3g\n", mistake.name, moved);
    EXPECT_GT(moved, kTolerance) << mistake.name;
    EXPECT_GT(moved, mistake.moves / 3) << mistake.name;
  }
}

}  // namespace
}  // namespace ds4
