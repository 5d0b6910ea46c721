// The compiled form of every constraint: a pushdown automaton over bytes.
//
// A rule is a deterministic byte automaton whose edges may also call another rule. A configuration
// is a set of threads, each a state and a stack of states to return to; `threads.h` steps it,
// `matcher.h` keeps one for a running generation, `mask.h` turns it into sets of tokens.
//
// Every state kept here can be completed to a whole text, so a matcher never gets stuck.
// Immutable once built; may be shared between threads.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "grammar/automaton.h"

namespace ds4::grammar {

// How many calls may be open at once, unless the grammar says less: deeper nesting is refused while
// generating, and every way on is kept completable within the limit.
inline constexpr std::uint32_t kDepthMax = 512;

class Grammar {
 public:
  struct Call {
    std::uint32_t start;  // of the called rule
    std::uint32_t to;     // where it returns to
    bool is_tail;         // `to` can do nothing but return: no stack entry is needed
  };

  // `rules` are the automata, `names` theirs for messages; calls name them by index. Fails when no
  // text can be derived, or when a rule can call itself without consuming a byte.
  static Result<Grammar> assemble(std::vector<Dfa> rules, const std::vector<std::string>& names,
                                  std::uint32_t start_rule, std::uint32_t depth_max);

  std::uint32_t start() const { return start_; }
  std::uint32_t depth_max() const { return depth_max_; }
  std::size_t state_count() const { return accepts_.size(); }

  std::span<const Dfa::Edge> edges(std::uint32_t state) const {
    return std::span(edges_).subspan(edge_begin_[state],
                                     edge_begin_[state + 1] - edge_begin_[state]);
  }
  std::span<const Call> calls(std::uint32_t state) const {
    return std::span(calls_).subspan(call_begin_[state],
                                     call_begin_[state + 1] - call_begin_[state]);
  }
  bool accepts(std::uint32_t state) const { return accepts_[state] != 0; }
  std::uint32_t step(std::uint32_t state, std::uint8_t byte) const;  // kNone: no way on

  // The fewest bytes from here to the end of the state's rule.
  std::uint64_t shortest(std::uint32_t state) const { return shortest_[state]; }
  // The fewest open calls, beyond those already open, that some way to the end of the rule needs.
  std::uint32_t depth_needed(std::uint32_t state) const { return depth_needed_[state]; }
  // Whether the state's rule calls no other: its masks do not depend on the room left on the stack.
  bool in_leaf(std::uint32_t state) const { return in_leaf_[state] != 0; }

  // Bytes that no state tells apart share a class.
  std::span<const std::uint8_t, 256> byte_class() const { return byte_class_; }
  std::span<const std::uint8_t> class_byte() const {
    return class_byte_;
  }  // one byte of each class

 private:
  void drop_dead_edges();
  void find_byte_classes();

  std::vector<std::uint32_t> edge_begin_, call_begin_;  // [states + 1]
  std::vector<Dfa::Edge> edges_;
  std::vector<Call> calls_;
  std::vector<std::uint8_t> accepts_, in_leaf_;
  std::vector<std::uint64_t> shortest_;
  std::vector<std::uint32_t> depth_needed_;
  std::uint8_t byte_class_[256] = {};
  std::vector<std::uint8_t> class_byte_;
  std::uint32_t start_ = 0;
  std::uint32_t depth_max_ = kDepthMax;
};

}  // namespace ds4::grammar
