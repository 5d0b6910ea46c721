// A golden sequence evaluated by the engine, in chunks of any size, with all that can be seen of
// it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "tests/golden_model.h"

namespace ds4::tests {

using model::Point;

// Everything seen of one session, rows of later batches behind those of earlier ones.
class Recorder final : public model::Watcher {
 public:
  // From now on every layer, the drafter's and the head receive the recorded streams, so that what
  // is seen of each is its own doing: [layers + 2, tokens, 4, width], `layers` of the main model.
  void force(const GoldenArray& streams) { forced_ = &streams; }

  void see(Point point, std::uint32_t layer, std::span<const float> values) override {
    auto& all = values_[{point, layer}];
    all.insert(all.end(), values.begin(), values.end());
    if (forced_ == nullptr || point != Point::streams || layer + 2 > forced_->shape[0]) return;
    // What is seen are the streams themselves, in memory of the forward pass that may be written.
    auto* streams = const_cast<float*>(values.data());
    const auto recorded =
        forced_->at({layer}).subspan(first_position_ * forced_->elements_behind(1), values.size());
    std::transform(recorded.begin(), recorded.end(), streams,
                   [](double value) { return static_cast<float>(value); });
  }
  void see_routes(std::uint32_t layer, std::span<const std::uint32_t> expert_ids) override {
    auto& all = routes_[layer];
    all.insert(all.end(), expert_ids.begin(), expert_ids.end());
  }
  void see_chosen(std::uint32_t layer, std::uint32_t row,
                  std::span<const std::uint32_t> rows) override {
    chosen_[{layer, first_position_ + row}].assign(rows.begin(), rows.end());
  }

  // Row 0 of the next batch has this position.
  void begin_batch(std::uint64_t position) { first_position_ = position; }

  std::span<const float> values(Point point, std::size_t layer) const {
    return values_.at({point, static_cast<std::uint32_t>(layer)});
  }
  std::span<const std::uint32_t> routes(std::size_t layer) const {
    return routes_.at(static_cast<std::uint32_t>(layer));
  }
  // Null where nothing had to be chosen.
  const std::vector<std::uint32_t>* chosen(std::size_t layer, std::uint64_t position) const {
    const auto found = chosen_.find({static_cast<std::uint32_t>(layer), position});
    return found == chosen_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::pair<Point, std::uint32_t>, std::vector<float>> values_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> routes_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<std::uint32_t>> chosen_;
  std::uint64_t first_position_ = 0;
  const GoldenArray* forced_ = nullptr;
};

// A kept row as numbers; the packed form read as its description says, not by the engine's code.
inline std::vector<double> read_key_row(const std::byte* row, const device::RowFormat& format) {
  std::vector<double> out(format.head_width);
  if (!format.is_packed) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = load<float>(row + 4 * i);
    return out;
  }
  const std::size_t plain = format.head_width - format.rope_width;
  for (std::size_t i = 0; i < plain; ++i) {
    const auto code = load<std::uint8_t>(row + i);
    const int exponent = load<std::uint8_t>(row + plain + i / 64) - 127;
    const int field = (code >> 3) & 15;
    const int mantissa = code & 7;
    const double magnitude =
        field == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, field - 10);
    out[i] = std::ldexp(code & 0x80 ? -magnitude : magnitude, exponent);
  }
  const std::byte* rope = row + plain + plain / 64;
  for (std::size_t i = 0; i < format.rope_width; ++i) {
    if (format.rope_bytes == sizeof(float)) {
      out[plain + i] = load<float>(rope + 4 * i);
      continue;
    }
    const auto bits = load<std::uint16_t>(rope + 2 * i);
    const int field = (bits >> 10) & 31;
    const int mantissa = bits & 1023;
    const double magnitude =
        field == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, field - 25);
    out[plain + i] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return out;
}

inline std::vector<double> read_index_row(const std::byte* row, const device::RowFormat& format) {
  constexpr double kMagnitudes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  std::vector<double> out(format.index_width);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!format.is_packed) {
      out[i] = load<float>(row + 4 * i);
      continue;
    }
    // Sixteen bytes for every 32 channels; the second half of them in the high nibbles.
    const auto pair = load<std::uint8_t>(row + i / 32 * 16 + i % 16);
    const int code = i % 32 < 16 ? pair & 15 : pair >> 4;
    const int exponent = load<std::uint8_t>(row + format.index_width / 2 + i / 32) - 127;
    out[i] = std::ldexp(code & 8 ? -kMagnitudes[code & 7] : kMagnitudes[code & 7], exponent);
  }
  return out;
}

// The largest, of any element; infinite where one is no number.
template <class Actual>
double difference(Actual&& actual, std::span<const double> expected) {
  double largest = 0;
  EXPECT_EQ(std::size(actual), expected.size());
  for (std::size_t i = 0; i < std::min(std::size(actual), expected.size()); ++i) {
    const double apart = std::abs(static_cast<double>(actual[i]) - expected[i]);
    largest = std::isnan(apart) ? HUGE_VAL : std::max(largest, apart);
  }
  return largest;
}

// One sequence evaluated in chunks, and all that was seen of it.
struct Evaluation {
  std::vector<float> logits, draft_logits;  // [tokens, vocabulary]
  Recorder seen;
  std::map<std::pair<std::size_t, std::uint64_t>, std::vector<double>> keys;  // [layer, position]
  std::map<std::size_t, std::vector<std::vector<double>>> compressed, index;  // [layer][row]
  std::vector<std::vector<float>> greedy_logits;
};

struct HowToEvaluate {
  bool round_rows = false;
  bool force_streams = false;       // each layer by itself
  std::vector<std::size_t> chunks;  // their sizes add up to the number of tokens
};

inline Evaluation evaluate(const model::ModelFile& file, const GoldenSequence& sequence,
                           const HowToEvaluate& how) {
  Evaluation out;
  if (how.force_streams) out.seen.force(sequence["hc_all"]);
  const model::Shape& shape = file.shape();
  const std::size_t largest = *std::max_element(how.chunks.begin(), how.chunks.end());
  RunningModel running(file, {.round_rows = how.round_rows,
                              .rows_max = static_cast<std::uint32_t>(largest),
                              .drafter = &*file.mtp()});
  running.forward().watch(&out.seen);
  model::SessionState state = running.start();
  const device::RowFormat format = state.layout().format();

  std::span<const std::int32_t> left = sequence.tokens;
  for (const std::size_t size : how.chunks) {
    const std::uint64_t first = state.tokens();
    out.seen.begin_batch(first);
    const auto logits = running.feed(state, left.first(size));
    out.logits.insert(out.logits.end(), logits.begin(), logits.end());
    left = left.subspan(size);

    const auto following =
        std::span(sequence.tokens).subspan(first + 1, std::min(size, left.size() + size - 1));
    std::vector<std::int32_t> next(following.begin(), following.end());
    if (left.empty()) next.push_back(sequence.mtp_last_input);
    const auto drafted = running.draft(state, next);
    out.draft_logits.insert(out.draft_logits.end(), drafted.begin(), drafted.end());

    for (std::size_t layer = 0; layer <= shape.layers; ++layer) {
      const device::LayerRows rows = state.rows(layer);
      const std::uint64_t end = state.tokens();
      for (std::uint64_t p = std::max(first, end - std::min<std::uint64_t>(end, rows.ring_rows));
           p < end; ++p) {
        out.keys[{layer, p}] =
            read_key_row(rows.ring + p % rows.ring_rows * format.key_bytes(), format);
      }
    }
  }
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    const device::LayerRows rows = state.rows(layer);
    const std::uint32_t ratio = shape.ratios[layer];
    for (std::uint64_t i = 0; ratio > 0 && i < state.tokens() / ratio; ++i) {
      const std::uint64_t page = i / device::kPageRows, row = i % device::kPageRows;
      out.compressed[layer].push_back(
          read_key_row(rows.pages[page] + row * format.key_bytes(), format));
      if (ratio != model::kIndexedRatio) continue;
      out.index[layer].push_back(
          read_index_row(rows.index_pages[page] + row * format.index_bytes(), format));
    }
  }
  running.forward().watch(nullptr);
  for (std::size_t i = 0; i + 1 < sequence.greedy.size(); ++i) {
    out.greedy_logits.push_back(running.feed(state, {&sequence.greedy[i], 1}));
  }
  return out;
}

}  // namespace ds4::tests
