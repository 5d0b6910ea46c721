// The indexer over more rows than one worker takes, with many equal scores; the order of its sums
// is held by row_operations_test.cpp too.
#include <gtest/gtest.h>

#include <random>

#include "device/cpu/best_rows.h"
#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"
#include "device/cpu/test_sessions.h"

namespace ds4::device {
namespace {

std::vector<std::uint32_t> rows_in(BestRows& best, std::size_t wanted) {
  EXPECT_EQ(best.finish(), wanted);
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < wanted; ++i) out.push_back(row_of_key(best.keys()[i]));
  std::sort(out.begin(), out.end());
  return out;
}

TEST(best_rows, are_those_of_a_sort_whatever_the_order_of_arrival) {
  std::mt19937 random(1);
  const float infinity = std::numeric_limits<float>::infinity();
  for (const std::size_t wanted : {1u, 2u, 7u, 100u}) {
    std::vector<float> scores;
    for (int i = 0; i < 1000; ++i) scores.push_back(static_cast<float>(random() % 50) - 25.0f);
    scores[10] = -infinity;
    scores[20] = infinity;
    for (std::size_t i = 100; i < 1000; i += 3) scores[i] = random() % 2 == 0 ? 0.0f : -0.0f;
    const auto want = reference_choice(scores, wanted);
    scores.push_back(std::nanf(""));
    std::vector<std::uint32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0u);
    for (int round = 0; round < 5; ++round) {
      std::vector<std::uint64_t> keys(2 * wanted);
      BestRows best(keys.data(), wanted);
      for (const std::uint32_t row : order) best.add(scores[row], row);
      EXPECT_EQ(rows_in(best, wanted), want);
      std::shuffle(order.begin(), order.end(), random);
    }
  }
}

TEST(best_rows, are_the_same_for_many_at_a_time) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (const std::size_t wanted : {1u, 16u, 100u}) {
    for (const bool with_nan : {false, true}) {
      std::vector<float> scores(3000);
      for (float& score : scores) score = std::round(8 * normal(random));
      const auto want = reference_choice(scores, wanted);
      std::vector<std::uint64_t> keys(2 * wanted);
      BestRows best(keys.data(), wanted);
      for (std::uint32_t at = 0; at < scores.size();) {
        const std::size_t count = std::min<std::size_t>(1 + random() % 16, scores.size() - at);
        best.add(scores.data() + at, count, at);
        at += static_cast<std::uint32_t>(count);
      }
      const std::vector<float> nans(16, std::nanf(""));
      if (with_nan) best.add(nans.data(), nans.size(), 3000);
      EXPECT_EQ(rows_in(best, wanted), want);
    }
  }
}

class long_lists : public testing::TestWithParam<bool> {};

TEST_P(long_lists, agree_with_a_sort) {
  SessionShape shape;
  shape.format = {128, 32, 64, GetParam()};
  shape.ratio = 4;
  shape.index_heads = 5;
  shape.top_k = 70;
  const LayerNumbers layer(shape);
  constexpr std::size_t kRows = 5000, kQueries = 3;
  const std::size_t width = shape.format.index_width;

  // Every row comes three times, so that the choice often ends among equal scores.
  std::vector<std::vector<float>> rows;
  for (std::uint32_t i = 0; i < kRows; ++i)
    rows.push_back(random_floats(1000 + i * 7 % 1700, width));
  const std::size_t bytes = shape.format.index_bytes();
  std::vector<std::byte> packed((kRows + kPageRows) * bytes);
  std::vector<std::byte*> pages;
  for (std::size_t i = 0; i < kRows; ++i) {
    if (i % kPageRows == 0) pages.push_back(&packed[i * bytes]);
    encode_index_row(shape.format, rows[i].data(), &packed[i * bytes]);
  }
  const Segment segment{0, kQueries, kRows * 4 - kQueries};
  std::vector<std::uint64_t> positions;
  for (std::uint64_t i = 0; i < kQueries; ++i) positions.push_back(segment.position + i);
  const auto queries = random_floats(1, kQueries * shape.index_heads * width);
  const auto weights = random_floats(2, kQueries * shape.index_heads);
  LayerRows state;
  state.index_pages = pages.data();

  std::vector<std::uint32_t> want;
  for (std::size_t q = 0; q < kQueries; ++q) {
    const std::size_t first = q * shape.index_heads;
    std::vector<float> heads(&queries[first * width],
                             &queries[first * width] + shape.index_heads * width);
    for (std::size_t h = 0; h < shape.index_heads; ++h) {
      reference_rotation(&heads[h * width], width, layer.frequencies, positions[q], false);
      quant::hadamard(&heads[h * width], width);
    }
    const auto chosen = reference_choice(
        reference_index_scores(shape, heads.data(), &weights[first], rows, (positions[q] + 1) / 4),
        shape.top_k);
    want.insert(want.end(), chosen.begin(), chosen.end());
  }
  for (const Isa isa : runnable_isas()) {
    for (const int threads : {1, 2, 3, 8}) {
      Capacity capacity;
      capacity.index_heads = shape.index_heads;
      capacity.top_k = shape.top_k;
      capacity.format = shape.format;
      Team team(threads);
      Scratch scratch(threads);
      scratch.reserve_worker(select_needs(capacity).worker_bytes);
      scratch.reserve_shared(select_needs(capacity).shared_bytes);
      auto work = queries;
      std::vector<std::uint32_t> chosen(kQueries * shape.top_k);
      select({isa, team, scratch}, {kQueries, {&segment, 1}, nullptr, positions.data()},
             {work.data(),
              weights.data(),
              shape.index_heads,
              shape.top_k,
              layer.rope(),
              shape.format,
              {&state, 1},
              chosen.data()});
      EXPECT_EQ(chosen, want) << name_of(isa) << ", " << threads << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(indexer, long_lists, testing::Bool(), [](const auto& instance) {
  return std::string(instance.param ? "packed" : "plain");
});

}  // namespace
}  // namespace ds4::device
