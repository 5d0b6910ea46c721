// choose() runs once a token for every answer, so it keeps what it needs. This file replaces the
// program's operator new by one that counts.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <numeric>

#include "engine/sampler.h"

namespace {
std::size_t allocations = 0;
}  // namespace

// Never inlined: compilers take a free() for the wrong partner of a new that they see.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

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
    const std::size_t before = allocations;
    const Choice choice = sampler.choose(logits, pending, mask);
    EXPECT_EQ(allocations - before, has_alternatives ? 1u : 0u);
    EXPECT_LT(choice.logprob, 0);
  }
}

}  // namespace
}  // namespace ds4::engine
