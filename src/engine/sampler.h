// Chooses tokens from logits. The draw of a token is a function of the seed and the token's place
// in the answer, so neither batching nor speculation changes what is said; and every machine draws
// the same token from the same logits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ds4/result.h"
#include "ds4/sampling.h"
#include "engine/candidates.h"

namespace ds4::engine {

// What an answer is checked for at its start: ranges of every option, ids below `token_count`.
Result<void> check_sampling(const SamplingOptions& options, std::size_t token_count);

// The seed that the options give, or one from the system.
std::uint64_t seed_of(const SamplingOptions& options);

// A uniform number of 0 <= u < 1: the `counter`-th of the stream that `seed` and `choice` name.
double counter_draw(std::uint64_t seed, std::uint32_t choice, std::uint64_t counter);

struct Choice {
  Token token = 0;
  float logprob = 0;                            // set if logprobs were asked for
  std::vector<TokenLogprob> alternatives = {};  // best first, equals by ascending id
};

// The sampler of one answer, used by one thread at a time. choose() does not change it: asking
// twice for the same place gives the same token, which is what lets drafts be verified. accept()
// moves on.
class Sampler {
 public:
  // Options were checked. `seed` is the one of the options, or the system's. Keeps scratch for
  // `token_count` tokens, at most Candidates::kTokensMax, so that choose() allocates nothing
  // (alternatives excepted).
  Sampler(const SamplingOptions& options, std::uint64_t seed, std::size_t token_count,
          std::uint32_t choice = 0);

  // The prompt's tokens count for the repetition penalty; call once, before the first choose().
  void see_prompt(std::span<const Token> prompt);

  // The token for the place behind the accepted tokens and `pending`, were the answer so far these.
  // `allowed` is a bitmask as of ConstraintState::allowed(), which allows something, or empty: all.
  // `logits` has token_count numbers; NaN counts as minus infinity. Where that leaves nothing to
  // draw from, it is the lowest id that is allowed and not banned, else the lowest allowed.
  Choice choose(std::span<const float> logits, std::span<const Token> pending = {},
                std::span<const std::uint64_t> allowed = {});

  void accept(Token token);
  // Makes room for so many more accepted tokens.
  void reserve(std::size_t tokens) { history_.reserve(history_.size() + tokens); }
  // Takes back the last `count` accepted tokens.
  void rollback(std::size_t count);
  std::uint64_t accepted() const { return history_.size() - prompt_tokens_; }

 private:
  bool has_penalties() const;
  void count_token(Token token);
  void uncount_token(Token token);
  std::span<const float> adjust(std::span<const float> logits, std::span<const Token> pending,
                                std::span<const std::uint64_t> allowed);
  void penalise(std::span<const Token> pending);
  void penalise_repetition(std::span<const Token> tokens);
  Token draw(std::span<const float> logits, std::uint64_t place,
             std::span<const std::uint64_t> allowed);
  Token least_bad(std::span<const std::uint64_t> allowed) const;
  void report(std::span<const float> logits, Choice& choice);

  SamplingOptions options_;
  std::uint64_t seed_;
  std::uint32_t choice_;
  std::size_t token_count_;
  std::vector<Token> history_;  // prompt's end, then the answer
  std::size_t prompt_tokens_ = 0;
  std::vector<std::uint32_t> counts_;  // of each token in the answer
  std::vector<Token> said_;            // the tokens of the answer, each once, in order
  std::vector<std::uint32_t> marks_;   // the round in which a token was last penalised
  std::uint32_t round_ = 0;
  std::vector<float> logits_;
  Candidates candidates_;
};

}  // namespace ds4::engine
