// choose() runs once a token for every answer, so it keeps what it needs.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "engine/sampler.h"
#include "tests/counted_allocations.h"

namespace ds4::engine {
namespace {

TEST(sampler, choosing_allocates_nothing_but_alternatives) {
  constexpr std::size_t kTokens = 3000;
  std::vector<float> logits(kTokens);
  for (std::size_t i = 0; i < kTokens; ++i) logits[i] = 4 * std::sin(static_cast<float>(i));
  const std::vector<std::uint64_t> mask(kTokens / 64 + 1, 0xFFFF0FFFFFFFFFF1);
  std::vector<Token> pending(200);
  std::iota(pending.begin(), pending.end(), 100);
  SamplingOptions options = {.temperature = 1.3f,
                             .top_k = 500,
                             .top_p = 0.9f,
                             .min_p = 0.001f,
                             .typical = 0.9f,
                             .repetition_penalty = 1.5f,
                             .presence_penalty = 0.7f,
                             .frequency_penalty = 0.4f,
                             .logit_bias = {{7, 1.0f}}};
  for (const bool has_alternatives : {false, true}) {
    options.logprobs = has_alternatives ? 5 : 0;
    Sampler sampler(options, 1, kTokens);
    const std::uint64_t before = tests::allocations();
    const Choice choice = sampler.choose(logits, pending, mask);
    EXPECT_EQ(tests::allocations() - before, has_alternatives ? 1u : 0u);
    EXPECT_LT(choice.logprob, 0);
  }
}

}  // namespace
}  // namespace ds4::engine
