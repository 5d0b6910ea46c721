// Where one generation stands in its grammar: takes bytes or tokens, says which tokens may follow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/mask.h"

namespace ds4::grammar {

// A value: copying it forks the generation (a few kilobytes). Matchers that share a MaskCache must
// be used by one thread at a time.
class Matcher {
 public:
  // `cache` must outlive the matcher and its copies. The last `rollback_tokens` steps can be
  // undone.
  explicit Matcher(MaskCache& cache, std::size_t rollback_tokens = 64);

  // One step each. False: not possible here, and nothing has changed. An end token is possible
  // where can_end(); afterwards nothing is.
  bool accept_token(Token token);
  bool accept_bytes(std::string_view bytes);

  // Undoes the last `steps` accepted steps. False, and nothing happens, when fewer are remembered.
  bool rollback(std::size_t steps);
  std::size_t rollback_limit() const { return history_.size(); }

  // Whether the text so far is complete (it may still be possible to go on).
  bool can_end() const { return !ended_ && closure().returns; }
  bool ended() const { return ended_; }

  // Sets `mask` (of the vocabulary's size) to exactly the tokens that accept_token() would take.
  void mask(TokenMask& mask) const;
  bool allows(Token token) const;  // the same question for one token

  // The bytes that must come next whatever is chosen, at most `limit` of them; marks are kMarkByte
  // and their name. Stops before a place where the text may end.
  std::string forced_bytes(std::size_t limit = 256) const;

  // A shortest text that completes the present one; for finishing under a tight token limit.
  std::string shortest_completion(std::size_t limit = 1 << 16) const;
  std::uint64_t shortest_completion_bytes() const;

 private:
  bool advance(std::string_view bytes);
  void remember(std::vector<Thread> kernel);
  void compact();
  const Closure& closure() const;
  std::uint64_t distance(const Thread& thread) const;

  MaskCache* cache_;
  std::size_t history_max_;
  mutable Frames frames_;  // grows while the closure is found, which changes no answer
  std::vector<Thread> kernel_;
  bool ended_ = false;
  mutable Closure closure_;
  mutable bool is_closed_ = false;            // whether closure_ belongs to kernel_
  std::vector<std::vector<Thread>> history_;  // the kernels before each step, oldest first
  std::size_t compact_at_ = 8192;             // frames
};

}  // namespace ds4::grammar
