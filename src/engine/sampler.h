// Chooses tokens from logits. The draw of a token is a function of the seed and the token's place
// in the answer, so neither batching nor speculation changes what is said.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ds4/result.h"
#include "ds4/sampling.h"

namespace ds4::engine {

// What an answer is checked for at its start: ranges of every option, ids below `token_count`.
Result<void> check_sampling(const SamplingOptions& options, std::size_t token_count);

// A uniform number of 0 <= u < 1: the `counter`-th of the stream that `seed` and `choice` name.
double counter_draw(std::uint64_t seed, std::uint32_t choice, std::uint64_t counter);

struct Choice {
  Token token = 0;
  float logprob = 0;                            // set if logprobs were asked for
  std::vector<TokenLogprob> alternatives = {};  // best first; empty if none were asked for
};

// The sampler of one answer. choose() does not change it: asking twice for the same place gives
// the same token, which is what lets drafts be verified. accept() moves on.
class Sampler {
 public:
  // Options were checked. `seed` is the one of the options, or the system's. Keeps scratch of
  // `token_count` numbers, so that choose() allocates nothing (alternatives excepted).
  Sampler(const SamplingOptions& options, std::uint64_t seed, std::size_t token_count,
          std::uint32_t choice = 0);

  // The prompt's tokens count for the repetition penalty; call once, before the first choose().
  void see_prompt(std::span<const Token> prompt);

  // The token for the place `counter` tokens into the answer, were the answer so far the accepted
  // tokens followed by `pending`. `allowed` is a bitmask as of ConstraintState::allowed(), or
  // empty: all. `logits` has token_count numbers; NaN counts as minus infinity.
  Choice choose(std::span<const float> logits, std::span<const Token> pending = {},
                std::span<const std::uint64_t> allowed = {});

  void accept(Token token);
  // Takes back the last accepted tokens.
  void rollback(std::size_t count);
  std::uint64_t accepted() const;

 private:
  struct Candidate {
    float logit;
    Token token;
  };
  SamplingOptions options_;
  std::uint64_t seed_;
  std::uint32_t choice_;
  std::vector<Token> history_;  // prompt's end, then the answer
  std::size_t prompt_tokens_ = 0;
  std::vector<float> logits_;
  std::vector<Candidate> candidates_;
};

}  // namespace ds4::engine
