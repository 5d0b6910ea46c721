// One conversation's tokens and the state that they produced. What the state is depends on the
// tokens alone, however they came: at once or one by one, forth and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ds4/text.h"
#include "engine/shared_forward.h"
#include "model/memory_plan.h"
#include "model/session_state.h"

namespace ds4::engine {

// A draft has at most so many tokens: with the token before it, it can be taken back whole.
inline constexpr std::uint32_t kDraftTokensMax = model::kRewindTokens - 1;

// Places to come back to, the ends of the last prompts and answers: what undo and retry need. Each
// holds a copy of the rings, some megabytes; compressed rows are shared.
inline constexpr std::size_t kSnapshotsMax = 8;

// Used by the engine thread only. Must not outlive what it shares.
class Session {
 public:
  explicit Session(SharedForward& shared);
  Session(Session&&) noexcept = default;
  Session& operator=(Session&&) noexcept = default;

  // All evaluated tokens.
  const std::vector<Token>& tokens() const { return tokens_; }
  // How many more the context takes.
  std::uint64_t room() const { return shared_->context_tokens - tokens_.size(); }
  std::uint64_t state_bytes() const { return state_.bytes(); }

  // Begins to make the history equal `tokens`, of which there is at least one and which the context
  // holds: keeps the longest prefix that it can, and returns its length. rewrite_more() evaluates
  // the next chunk and returns whether there is still more to do. Between the two the session is
  // usable: it has a prefix of the tokens.
  std::uint64_t start_rewrite(std::span<const Token> tokens);
  // Where `pace` ends a chunk early, it is as if the chunk had not begun.
  bool rewrite_more(model::Pace* pace = nullptr);
  std::uint64_t chunk_tokens() const { return shared_->forward.rows_max(); }
  std::uint64_t left_to_rewrite() const { return rest_.size() - rest_done_; }

  // Of the last token; empty where they are not known, which rewriting mends.
  std::span<const float> logits() const { return logits_; }

  // One step of decoding: appends at most kDraftTokensMax + 1 tokens and returns the logits behind
  // each, [tokens.size(), vocabulary]; valid until the session's next call.
  std::span<const float> step(std::span<const Token> tokens);
  // Of the tokens of the last step, only the first `count`, at least 1, stay.
  void keep(std::size_t count);
  // Only the first `count` tokens stay. They are at most model::kRewindTokens fewer than ever.
  void truncate(std::uint64_t count);
  // Allocates all that steps up to `tokens` tokens will take.
  void reserve(std::uint64_t tokens);

  // The drafter's logits for the token behind `next`, which is the token behind the last one.
  // Empty where the drafter was not given the last token's row.
  std::span<const float> draft(Token next);
  // The same behind the token that was drafted last.
  std::span<const float> draft_more(Token drafted);
  // Shows the drafter what came behind the last token, where that will be known no more later.
  void settle(Token next);

  // Strength of the engine's direction, from the next token on.
  void set_steering_scale(float scale) { steering_scale_ = scale; }

  // What both have in common is kept once.
  Session fork() const;

  // What belongs to the state beside its bytes.
  struct Saved {
    std::vector<Token> tokens;
    std::vector<float> logits;  // may be empty
    std::uint64_t drafter_tokens = 0;
    Token drafter_next = -1;
  };
  Saved save() const { return {tokens_, logits_, drafter_tokens_, drafter_next_}; }
  std::vector<std::byte> state_as_bytes() const { return state_.serialize(); }
  // The session becomes what was saved. On failure it is as before.
  Result<void> restore(Saved saved, std::span<const std::byte> state);
  const model::StateLayout& layout() const { return state_.layout(); }

 private:
  // A place to come back to: the state behind the first `tokens` tokens.
  struct Snapshot {
    model::SessionState state;
    std::uint64_t tokens = 0;
    std::vector<float> logits;
    std::uint64_t drafter_tokens = 0, drafter_floor = 0;
    Token drafter_next = -1;
  };

  Session(SharedForward& shared, model::SessionState state);

  // False where `pace` ended it; nothing was appended then.
  bool append(std::span<const Token> tokens, model::Pace* pace = nullptr);
  // Whether the forward pass still holds the row of the last token.
  bool holds_last_row() const;
  // Shows the drafter the rows it has not seen: of all tokens whose follower is known, `next` being
  // that of the last.
  void feed_drafter(std::optional<Token> next);
  bool rewind(std::uint64_t count);
  void step_back(std::uint64_t count);
  void drop_chained_rows();
  void take_snapshot();
  void go_to(const Snapshot& snapshot);

  SharedForward* shared_;
  model::SessionState state_;
  std::vector<Token> tokens_;
  std::vector<float> logits_;
  float steering_scale_ = 1;

  std::vector<Token> rest_;  // of the rewrite at hand
  std::size_t rest_done_ = 0;

  // The last evaluation of this session.
  std::uint64_t evaluation_ = 0, first_position_ = 0;
  std::size_t step_rows_ = 0;
  std::span<const float> step_logits_;

  // The drafter has seen the tokens of the first `drafter_tokens_` positions, each with the one
  // behind it; the last with `drafter_next_`. Positions below `drafter_floor_` are out of its
  // reach.
  std::uint64_t drafter_tokens_ = 0, drafter_floor_ = 0;
  Token drafter_next_ = -1;
  std::uint32_t draft_row_ = 0;
  std::uint64_t chained_rows_ = 0;  // in the drafter's ring, of drafts behind drafts
  std::vector<Token> next_tokens_;  // scratch

  std::deque<std::shared_ptr<const Snapshot>> snapshots_;  // ascending by tokens
};

}  // namespace ds4::engine
