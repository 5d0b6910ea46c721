// Holds an evaluation to what was recorded of its sequence: logits, greedy continuation, drafter,
// and every value in between.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "tests/golden_evaluation.h"

namespace ds4::tests {

// Frequencies of a layer's rotation, by the model's definition.
inline std::vector<double> reference_frequencies(const model::Shape& s, bool compressed) {
  const double width = s.rope_width;
  const double base = compressed ? s.compress_rope_base : s.rope_base;
  const auto correction = [&](double turns) {
    const auto original = static_cast<double>(s.rope_original_tokens);
    return width * std::log(original / (turns * 2 * M_PI)) / (2 * std::log(base));
  };
  const double low = std::max(0.0, std::floor(correction(s.rope_beta_fast)));
  const double high = std::min(width - 1, std::ceil(correction(s.rope_beta_slow)));
  std::vector<double> out;
  for (std::size_t i = 0; i < s.rope_width / 2; ++i) {
    double frequency = std::pow(base, -2.0 * static_cast<double>(i) / width);
    if (compressed) {
      const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
      frequency = frequency * (1 - ramp) + frequency / s.rope_factor * ramp;
    }
    out.push_back(frequency);
  }
  return out;
}

// What the recorded attention result is, from ours: turned forward again by its position.
inline std::vector<float> rotate_forward(std::span<const float> heads, std::size_t position,
                                         const model::Shape& s, bool compressed) {
  std::vector<float> out(heads.begin(), heads.end());
  const auto frequencies = reference_frequencies(s, compressed);
  for (std::size_t head = 0; head < s.heads; ++head) {
    float* rope = out.data() + (head + 1) * s.head_width - s.rope_width;
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      const double angle = static_cast<double>(position) * frequencies[i];
      const double a = rope[2 * i], b = rope[2 * i + 1];
      rope[2 * i] = static_cast<float>(a * std::cos(angle) - b * std::sin(angle));
      rope[2 * i + 1] = static_cast<float>(a * std::sin(angle) + b * std::cos(angle));
    }
  }
  return out;
}

// Differences of one kind, all of them.
class Deviation {
 public:
  void add(double apart) { all_.push_back(apart); }
  double largest() const { return all_.empty() ? 0 : *std::max_element(all_.begin(), all_.end()); }
  double median() const {
    if (all_.empty()) return 0;
    std::vector<double> sorted = all_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

 private:
  std::vector<double> all_;
};

// Of absolute differences; medians are over positions.
struct Tolerances {
  double logits = 0, logits_median = 0, drafts = 0;
  double streams = 0, streams_median = 0;  // behind a layer
  double values = 0;                       // all others
  double greedy = 0;
  std::size_t greedy_steps = 0;  // that are compared
};

inline std::int32_t best_of(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// Compares one evaluation with what was recorded.
class Comparison {
 public:
  Comparison(const GoldenName& name, const model::ModelFile& file, const GoldenSequence& sequence,
             const Evaluation& evaluation, const Tolerances& tolerances)
      : name_(name),
        shape_(file.shape()),
        golden_(sequence),
        ours_(evaluation),
        tolerances_(tolerances) {}

  void run() {
    compare_logits();
    compare_greedy();
    compare_choices();
    compare_streams();
    compare_layers();
    compare_rows();
    std::printf(
        "%s/%s/%s: logits %.2g (median %.2g), greedy %.2g, drafter %.2g, streams %.2g (median "
        "%.2g), others %.2g, %zu of %zu kept elements rounded otherwise\n",
        name_.model.c_str(), name_.sequence.c_str(), name_.mode.c_str(), logits_.largest(),
        logits_.median(), greedy_.largest(), drafts_.largest(), streams_.largest(),
        streams_.median(), values_.largest(), flips_, elements_);
  }

 private:
  // The recorded sequences keep main layers away from ties between experts, but not the drafter:
  // its rows within a last bit of one do not count.
  bool is_sure(std::size_t layer, std::size_t position) const {
    return layer < shape_.layers || golden_["expert_margin"].at({layer, position})[0] >= 1e-4;
  }
  std::span<const float> row(std::span<const float> rows, std::size_t position) const {
    const std::size_t width = rows.size() / golden_.tokens.size();
    return rows.subspan(position * width, width);
  }
  static void expect_close(Deviation& deviation, double apart, double tolerance,
                           const std::string& what) {
    deviation.add(apart);
    EXPECT_LE(apart, tolerance) << what;
  }

  void compare_logits() {
    const auto positions = golden_.positions("logit_pos");
    for (std::size_t i = 0; i < positions.size(); ++i) {
      expect_close(logits_, difference(row(ours_.logits, positions[i]), golden_["logits"].at({i})),
                   tolerances_.logits, "logits of position " + std::to_string(positions[i]));
    }
    EXPECT_LE(logits_.median(), tolerances_.logits_median);
    const auto rows = golden_.positions("row_pos");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!is_sure(shape_.layers, rows[i])) continue;
      expect_close(drafts_,
                   difference(row(ours_.draft_logits, rows[i]), golden_["mtp_logits"].at({i})),
                   tolerances_.drafts, "drafts of position " + std::to_string(rows[i]));
    }
  }

  void compare_greedy() {
    const auto last = row(ours_.logits, golden_.tokens.size() - 1);
    EXPECT_EQ(best_of(last), golden_.greedy[0]);
    EXPECT_EQ(best_of(last), golden_.mtp_last_input);
    for (std::size_t i = 0; i < tolerances_.greedy_steps; ++i) {
      expect_close(greedy_, difference(ours_.greedy_logits[i], golden_["greedy_logits"].at({i})),
                   tolerances_.greedy, "greedy step " + std::to_string(i));
      if (golden_.greedy_gaps[i + 1] <= tolerances_.greedy) continue;
      EXPECT_EQ(best_of(ours_.greedy_logits[i]), golden_.greedy[i + 1]) << "greedy step " << i;
    }
  }

  void compare_choices() {
    for (std::size_t layer = 0; layer <= shape_.layers; ++layer) {
      for (std::size_t p = 0; p < golden_.tokens.size(); ++p) {
        if (is_sure(layer, p)) compare_experts(layer, p);
        if (layer < shape_.layers && shape_.ratios[layer] == model::kIndexedRatio) {
          compare_chosen(layer, p);
        }
      }
    }
  }

  void compare_experts(std::size_t layer, std::size_t p) {
    const std::size_t used = shape_.experts_used;
    const auto ids = ours_.seen.routes(layer).subspan(p * used, used);
    const auto weights = row(ours_.seen.values(Point::route_weights, layer), p);
    const auto expected_ids = golden_["expert_ids"].at({layer, p});
    const auto expected_weights = golden_["expert_w"].at({layer, p});
    std::map<std::size_t, double> actual, expected;
    for (std::size_t k = 0; k < used; ++k) {
      actual[ids[k]] = weights[k];
      expected[static_cast<std::size_t>(expected_ids[k])] = expected_weights[k];
    }
    for (const auto& [expert, weight] : expected) {
      ASSERT_TRUE(actual.contains(expert)) << "layer " << layer << " position " << p;
      expect_close(values_, std::abs(actual[expert] - weight), tolerances_.values,
                   "weight of an expert in layer " + std::to_string(layer));
    }
  }

  void compare_chosen(std::size_t layer, std::size_t p) {
    const auto& recorded = golden_["layer" + std::to_string(layer) + ".index_topk"];
    std::vector<std::uint32_t> expected;
    for (const double id : recorded.at({p})) {
      if (id >= 0) expected.push_back(static_cast<std::uint32_t>(id));
    }
    if (const auto* chosen = ours_.seen.chosen(layer, p)) {
      EXPECT_EQ(*chosen, expected) << "layer " << layer << " position " << p;
    } else {
      EXPECT_EQ(expected.size(), (p + 1) / model::kIndexedRatio)
          << "layer " << layer << " position " << p << " sees all";
    }
  }

  // Entering the first layer, behind every layer, and behind the drafter's.
  void compare_streams() {
    const std::size_t states = shape_.layers + 2;
    const std::size_t tokens = golden_.tokens.size();
    const auto rows = golden_.positions("row_pos");
    for (std::size_t entry = 0; entry < states; ++entry) {
      const bool is_drafter = entry == states - 1;
      const std::size_t layer = is_drafter ? shape_.layers : entry == 0 ? 0 : entry - 1;
      const auto ours = ours_.seen.values(Point::streams, is_drafter ? entry + 1 : entry);
      const auto compare = [&](const std::string& what, std::size_t p,
                               std::span<const double> expected) {
        if (entry > 0 && !is_sure(layer, p)) return;
        expect_close(streams_, difference(row(ours, p), expected), tolerances_.streams,
                     what + " " + std::to_string(entry) + " of position " + std::to_string(p));
      };
      for (std::size_t i = 0; i < rows.size(); ++i) {
        compare("hc_rows", rows[i], golden_["hc_rows"].at({entry, i}));
      }
      bool all_sure = true;
      double sum = 0, absolute = 0;
      for (std::size_t p = 0; p < tokens; ++p) {
        if (golden_.has("hc_all")) compare("hc_all", p, golden_["hc_all"].at({entry, p}));
        const auto streams = row(ours, p);
        std::vector<double> norms(model::kStreams);
        for (std::size_t i = 0; i < streams.size(); ++i) {
          const double value = streams[i];
          norms[i / shape_.width] += value * value;
          sum += value;
          absolute += std::abs(value);
        }
        all_sure &= is_sure(layer, p);
        if (!is_sure(layer, p)) continue;
        for (double& norm : norms) norm = std::sqrt(norm);
        // An error of that size in every element, of any signs.
        expect_close(streams_,
                     difference(norms, golden_["hc_norm"].at({entry, p})) /
                         std::sqrt(static_cast<double>(shape_.width)),
                     tolerances_.streams,
                     "hc_norm " + std::to_string(entry) + " of position " + std::to_string(p));
      }
      if (!all_sure) continue;
      const double elements = static_cast<double>(tokens) * model::kStreams * shape_.width;
      const auto compare_sum = [&](const char* array, double ours_summed) {
        const double apart = std::abs(ours_summed - golden_[array].values[entry]);
        EXPECT_LE(apart, tolerances_.streams * std::sqrt(elements)) << array << " " << entry;
      };
      compare_sum("hc_sum", sum);
      compare_sum("hc_abssum", absolute);
    }
    EXPECT_LE(streams_.median(), tolerances_.streams_median);
  }

  void compare_layers() {
    if (!golden_.has("attn_in")) return;
    const auto rows = golden_.positions("row_pos");
    for (std::size_t layer = 0; layer <= shape_.layers; ++layer) {
      const bool compressed = layer < shape_.layers && shape_.ratios[layer] != 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t p = rows[i];
        const auto compare = [&](const char* array, std::initializer_list<std::size_t> at,
                                 auto&& ours) {
          expect_close(
              values_, difference(ours, golden_[array].at(at)), tolerances_.values,
              array + (" of layer " + std::to_string(layer)) + " position " + std::to_string(p));
        };
        const auto seen = [&](Point point) { return row(ours_.seen.values(point, layer), p); };
        compare("attn_in", {layer, i}, seen(Point::attention_in));
        compare("attn_out", {layer, i}, seen(Point::attention_out));
        compare("ffn_in", {layer, i}, seen(Point::expert_in));
        if (is_sure(layer, p)) compare("ffn_out", {layer, i}, seen(Point::expert_out));
        compare("hc_post", {layer, 0, i}, seen(Point::attention_post));
        compare("hc_post", {layer, 1, i}, seen(Point::expert_post));
        compare("hc_comb", {layer, 0, i}, seen(Point::attention_comb));
        compare("hc_comb", {layer, 1, i}, seen(Point::expert_comb));
        if (golden_.has("q")) compare("q", {layer, i}, seen(Point::query));
        if (golden_.has("o")) {
          compare("o", {layer, i}, rotate_forward(seen(Point::attended), p, shape_, compressed));
        }
        if (const auto kept = ours_.keys.find({layer, p}); kept != ours_.keys.end()) {
          compare("kv", {layer, i}, kept->second);
        }
      }
    }
  }

  // Compressed rows and indexer rows as they are kept. Where they are rounded, an element next to a
  // rounding boundary may fall to the other side, and few do.
  void compare_rows() {
    const auto compare = [&](const std::string& name,
                             const std::map<std::size_t, std::vector<std::vector<double>>>& ours) {
      for (const auto& [layer, rows] : ours) {
        for (const char* suffix : {"", "_last8"}) {
          const std::string array = "layer" + std::to_string(layer) + "." + name + suffix;
          if (!golden_.has(array)) continue;
          const std::size_t count = golden_[array].shape[0];
          ASSERT_LE(count, rows.size()) << array;
          for (std::size_t i = 0; i < count; ++i) {
            const auto& row_of_ours = rows[rows.size() - count + i];
            if (name_.mode == "f32") {
              expect_close(values_, difference(row_of_ours, golden_[array].at({i})),
                           tolerances_.values, array);
            } else {
              count_flips(row_of_ours, golden_[array].at({i}));
            }
          }
        }
      }
    };
    compare("comp_kv", ours_.compressed);
    compare("index_k", ours_.index);
    // None, where there are no rows.
    EXPECT_LE(static_cast<double>(flips_), 0.01 * static_cast<double>(elements_));
  }

  void count_flips(std::span<const double> ours, std::span<const double> expected) {
    ASSERT_EQ(ours.size(), expected.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ++elements_;
      flips_ += std::abs(ours[i] - expected[i]) > tolerances_.values;
    }
  }

  const GoldenName name_;
  const model::Shape& shape_;
  const GoldenSequence& golden_;
  const Evaluation& ours_;
  const Tolerances tolerances_;
  Deviation logits_, greedy_, drafts_, streams_, values_;
  std::size_t elements_ = 0, flips_ = 0;
};

}  // namespace ds4::tests
