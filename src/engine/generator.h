// The tokens of one answer, one after the other: what the sampler chooses from the session's
// logits. A drafter may guess ahead; several guesses are then evaluated at once, and those stay
// that the sampler would have chosen anyway, so that drafting leaves no trace but the time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "ds4/grammar.h"
#include "engine/allowed_tokens.h"
#include "engine/draft_policy.h"
#include "engine/sampler.h"
#include "engine/session.h"

namespace ds4::engine {

struct GeneratorOptions {
  SamplingOptions sampling = {};  // checked
  std::uint64_t seed = 0;
  std::uint32_t choice = 0;      // which draw of the seed
  std::uint64_t tokens_max = 0;  // 0: no limit but the context
  // What the answer must be, and the token behind which that begins; -1: at once.
  const Constraint* constraint = nullptr;
  Token constraint_after = -1;
  std::uint32_t draft_tokens = 0;  // at most so many at a time
  DraftPolicy* policy = nullptr;   // null: always the most
};

struct GeneratorCounts {
  std::uint64_t steps = 0;  // evaluations
  std::uint64_t drafted = 0, accepted = 0;
  double drafted_seconds = 0;        // of the steps that drafted anything
  std::uint64_t drafted_tokens = 0;  // that those steps gave
};

// Used by the engine thread. Everything it is given must outlive it. The session has logits.
class Generator {
 public:
  Generator(Session& session, const AllowedTokens& allowed, const GeneratorOptions& options);

  // The next token; none when the context is full. After one that ends the turn, which is never
  // evaluated, nothing may be asked. Allocates nothing, once in some hundred tokens excepted.
  std::optional<Token> next();
  // Takes back what was evaluated ahead of the tokens handed out. The last call.
  void finish();

  const GeneratorCounts& counts() const { return counts_; }

 private:
  // The mask of the next place.
  std::span<const std::uint64_t> mask();
  void advance_constraint(Token token);
  void choose_first();
  void step(Token last);
  // Fills batch_ behind its first token; returns how many were drafted.
  std::uint32_t draft(std::uint32_t most);
  std::uint32_t drafts_wanted() const;

  Session& session_;
  const AllowedTokens& allowed_;
  const GeneratorOptions options_;
  Sampler sampler_;
  std::optional<ConstraintState> constraint_;
  bool is_waiting_ = false;  // the constraint has not begun

  std::array<Token, kDraftTokensMax + 1> batch_{};  // what a step evaluates
  std::array<Token, kDraftTokensMax + 1> ready_{};  // chosen; of them, handed out:
  std::size_t ready_count_ = 0, handed_out_ = 0;
  std::uint64_t tokens_ = 0;  // handed out in all
  std::uint64_t reserved_ = 0;
  GeneratorCounts counts_;
};

}  // namespace ds4::engine
