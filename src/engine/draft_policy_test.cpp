#include "engine/draft_policy.h"

#include <gtest/gtest.h>

namespace ds4::engine {
namespace {

// A machine where a step costs 1 and each draft `cost` more, and a text where a draft holds with
// probability `holds`, if those before it do. Expected values, so that nothing is random.
struct World {
  double cost, holds;

  double tokens(std::uint32_t drafts) const {
    double sum = 1, chance = 1;
    for (std::uint32_t i = 0; i < drafts; ++i) sum += chance *= holds;
    return sum;
  }
  double seconds(std::uint32_t drafts) const { return 1 + cost * drafts; }
  double rate(std::uint32_t drafts) const { return seconds(drafts) / tokens(drafts); }
};

// The share of steps that drafted `drafts` tokens.
double share(DraftPolicy& policy, const World& world, std::uint32_t drafts, int steps) {
  int count = 0;
  double tokens = 0;
  for (int i = 0; i < steps; ++i) {
    const std::uint32_t asked = policy.drafts();
    count += asked == drafts ? 1 : 0;
    // Whole tokens, in the long run as many as expected.
    tokens += world.tokens(asked);
    const auto whole = static_cast<std::uint32_t>(tokens);
    tokens -= whole;
    policy.report(asked, world.seconds(asked), whole);
  }
  return static_cast<double>(count) / steps;
}

TEST(draft_policy, stops_where_drafts_do_not_pay) {
  DraftPolicy policy(4);
  const World dear{.cost = 0.6, .holds = 0.3};
  share(policy, dear, 0, 200);
  EXPECT_GT(share(policy, dear, 0, 2000), 0.95);
}

TEST(draft_policy, finds_the_number_that_pays_most) {
  DraftPolicy policy(6);
  const World world{.cost = 0.2, .holds = 0.8};
  std::uint32_t best = 0;
  for (std::uint32_t i = 1; i <= 6; ++i) best = world.rate(i) < world.rate(best) ? i : best;
  ASSERT_TRUE(best > 1 && best < 6);
  share(policy, world, 0, 400);
  // Neighbours are equal within what counts as noise.
  double near = 0;
  for (std::uint32_t i = best - 1; i <= best + 1; ++i) {
    DraftPolicy copy = policy;
    near += share(copy, world, i, 2000);
  }
  EXPECT_GT(near, 0.95);
}

TEST(draft_policy, tries_again_when_the_text_has_changed) {
  DraftPolicy policy(2);
  share(policy, {.cost = 0.5, .holds = 0.1}, 0, 3000);
  EXPECT_EQ(policy.drafts(), 0u);
  const World easy{.cost = 0.1, .holds = 0.95};
  share(policy, easy, 2, 3000);
  EXPECT_GT(share(policy, easy, 2, 1000), 0.9);
}

TEST(draft_policy, has_nothing_to_decide_without_drafts) {
  DraftPolicy policy(0);
  EXPECT_EQ(share(policy, {.cost = 0.1, .holds = 1}, 0, 100), 1);
}

}  // namespace
}  // namespace ds4::engine
