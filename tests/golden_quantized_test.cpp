// A quantized model against the recorded numbers, layer by layer. Q8_0 holds the golden weights
// exactly, so what differs is what quantized files add: rounded activations, and rope channels of
// kept rows as binary16.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "tests/golden_comparison.h"

namespace ds4 {
namespace {

using tests::Deviation;
using tests::GoldenArray;
using tests::GoldenName;
using tests::Point;

// Whether a position's experts of a layer, and the rows it attends to, are those recorded.
bool chose_the_same(const tests::GoldenSequence& golden, const tests::Evaluation& ours,
                    const model::Shape& shape, std::size_t layer, std::size_t position) {
  const std::size_t used = shape.experts_used;
  const auto ids = ours.seen.routes(layer).subspan(position * used, used);
  std::vector<double> chosen(ids.begin(), ids.end());
  const auto recorded = golden["expert_ids"].at({layer, position});
  std::vector<double> expected(recorded.begin(), recorded.end());
  std::sort(chosen.begin(), chosen.end());
  std::sort(expected.begin(), expected.end());
  if (chosen != expected) return false;
  const auto* rows = ours.seen.chosen(layer, position);
  if (rows == nullptr) return true;
  const auto visible = golden["layer" + std::to_string(layer) + ".index_topk"].at({position});
  return std::equal(rows->begin(), rows->end(), visible.begin(), visible.end());
}

class golden_quantized : public testing::TestWithParam<GoldenName> {};

TEST_P(golden_quantized, layers_stay_close) {
  const GoldenName& name = GetParam();
  const model::ModelFile& file = tests::golden_model(name.model, convert::Recipe::q8);
  const model::Shape& shape = file.shape();
  const tests::GoldenSequence golden = tests::golden_sequence(name);
  const tests::Evaluation ours = tests::evaluate(
      file, golden,
      {.round_rows = name.mode == "qat", .force_streams = true, .chunks = {golden.tokens.size()}});

  const GoldenArray& streams = golden["hc_all"];
  const std::size_t width = streams.elements_behind(1);
  Deviation deviation;
  std::size_t others = 0;
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    const auto after = ours.seen.values(Point::streams, layer + 1);
    for (std::size_t p = 0; p < golden.tokens.size(); ++p) {
      if (!chose_the_same(golden, ours, shape, layer, p)) {
        ++others;
        continue;
      }
      // The error beside what the layer did.
      const auto before = streams.at({layer, p}), expected = streams.at({layer + 1, p});
      double error = 0, change = 0;
      for (std::size_t i = 0; i < width; ++i) {
        error += std::pow(after[p * width + i] - expected[i], 2);
        change += std::pow(expected[i] - before[i], 2);
      }
      deviation.add(std::sqrt(error / change));
    }
  }
  const std::size_t all = shape.layers * golden.tokens.size();
  std::printf(
      "%s/%s/%s: error beside a layer's change %.2g (median %.2g), %zu of %zu chose others\n",
      name.model.c_str(), name.sequence.c_str(), name.mode.c_str(), deviation.largest(),
      deviation.median(), others, all);
  EXPECT_LE(deviation.median(), 0.03);
  EXPECT_LE(deviation.largest(), 0.12);
  EXPECT_LE(others, all / 10);
}

std::vector<GoldenName> sequences() {
  std::vector<GoldenName> out;
  for (const GoldenName& name : tests::golden_names()) {
    if (name.has_all_streams) out.push_back(name);
  }
  return out;
}
std::string name_of(const testing::TestParamInfo<GoldenName>& info) {
  return info.param.model + "_" + info.param.sequence + "_" + info.param.mode;
}
INSTANTIATE_TEST_SUITE_P(all, golden_quantized, testing::ValuesIn(sequences()), name_of);

}  // namespace
}  // namespace ds4
