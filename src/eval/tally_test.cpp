#include "eval/tally.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ds4::eval {
namespace {

// Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, score
// method.
TEST(wilson, published_intervals) {
  struct Case {
    std::uint64_t right, count;
    double low, high;
  };
  for (const Case& c : {Case{81, 263, 0.2553, 0.3662}, Case{15, 148, 0.0624, 0.1605},
                        Case{0, 20, 0, 0.1611}, Case{1, 29, 0.0061, 0.1718}}) {
    const Interval got = wilson_interval(c.right, c.count);
    EXPECT_NEAR(got.low, c.low, 5e-5) << c.right << "/" << c.count;
    EXPECT_NEAR(got.high, c.high, 5e-5) << c.right << "/" << c.count;
  }
}

// Its definition: the shares p from which what was seen is not further away than 1.96 deviations.
TEST(wilson, bounds_lie_just_where_the_test_turns) {
  for (std::uint64_t count = 1; count <= 40; ++count) {
    for (std::uint64_t right = 0; right <= count; ++right) {
      const auto n = static_cast<double>(count);
      const double seen = static_cast<double>(right) / n;
      const Interval got = wilson_interval(right, count);
      EXPECT_LE(got.low, seen);
      EXPECT_GE(got.high, seen);
      for (const double p : {got.low, got.high}) {
        if (p == seen) continue;  // nothing, or everything, was right
        EXPECT_NEAR(std::abs(seen - p), 1.959964 * std::sqrt(p * (1 - p) / n), 1e-6)
            << right << "/" << count;
      }
    }
  }
}

TEST(wilson, nothing_is_known_of_no_answers) {
  EXPECT_EQ(wilson_interval(0, 0).low, 0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
  EXPECT_EQ(wilson_interval(0, 5).low, 0);
  EXPECT_EQ(wilson_interval(5, 5).high, 1);
}

TEST(tallies, count_by_skill_in_the_order_met) {
  Tallies tallies;
  tallies.expect("b", {.chance = 0.5, .has_form = true});
  tallies.expect("a", {});
  tallies.expect("b", {.chance = 0.25, .thinks = true});
  tallies.add("b", {.is_right = true,
                    .is_well_formed = true,
                    .answer_tokens = 30,
                    .reasoning_tokens = 20,
                    .prompt_seconds = 1,
                    .answer_seconds = 3});
  tallies.add(
      "b", {.is_well_formed = false, .is_cut_off = true, .answer_tokens = 10, .answer_seconds = 1});
  ASSERT_EQ(tallies.skills().size(), 2u);
  const Tally& b = tallies.skills()[tallies.index_of("b")];
  EXPECT_EQ(tallies.index_of("b"), 0u);
  EXPECT_EQ(b.questions, 2u);
  EXPECT_TRUE(b.has_form && b.thinks);
  EXPECT_FALSE(tallies.skills()[1].has_form || tallies.skills()[1].thinks);
  EXPECT_EQ(b.asked, 2u);
  EXPECT_EQ(b.right, 1u);
  EXPECT_EQ(b.formable, 2u);
  EXPECT_EQ(b.formed, 1u);
  EXPECT_EQ(b.cut_off, 1u);
  EXPECT_EQ(b.share(), 0.5);
  EXPECT_EQ(*b.chance(), 0.375);
  EXPECT_EQ(b.answer_rate(), 10);
  EXPECT_EQ(b.per_answer(static_cast<double>(b.reasoning_tokens)), 10);
  EXPECT_FALSE(tallies.total().chance()) << "one question does not say";
  EXPECT_EQ(tallies.total().questions, 3u);
}

TEST(tallies, time_left_is_by_skill_where_known) {
  Tallies tallies;
  for (int i = 0; i < 3; ++i) tallies.expect("slow", {});
  for (int i = 0; i < 2; ++i) tallies.expect("fast", {});
  for (int i = 0; i < 4; ++i) tallies.expect("new", {});
  EXPECT_FALSE(tallies.seconds_left());
  tallies.add("slow", {.prompt_seconds = 2, .answer_seconds = 8});
  tallies.add("fast", {.answer_seconds = 2});
  // 2 slow ones of 10 s, 1 fast one of 2 s, 4 new ones of the mean, 6 s.
  EXPECT_DOUBLE_EQ(*tallies.seconds_left(), 20 + 2 + 24);
}

}  // namespace
}  // namespace ds4::eval
