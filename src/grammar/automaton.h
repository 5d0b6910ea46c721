// Finite automata over bytes, with calls to rules as extra symbols: the parts that every front end
// (schema, regular expression, EBNF, DSML) is compiled through.
//
// An Nfa is written down freely; `determinise` makes of it a Dfa, whose byte edges are disjoint.
// Call edges stay as they are: from a state, one rule leads to one state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"

namespace ds4::grammar {

inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

// What one compilation may cost, in counted steps: the same text is accepted or refused on every
// machine. A step is roughly one automaton edge looked at; 20 million take well under two seconds.
class Budget {
 public:
  explicit Budget(std::uint64_t steps = 20'000'000, std::uint64_t states = 250'000)
      : steps_(steps), states_(states) {}

  Result<void> spend_steps(std::uint64_t count) {
    if (count > steps_) return fail(Code::too_large, "too complex: compiling takes too many steps");
    steps_ -= count;
    return {};
  }
  Result<void> spend_states(std::uint64_t count) {
    if (count > states_) return fail(Code::too_large, "too complex: needs too many states");
    states_ -= count;
    return {};
  }

 private:
  std::uint64_t steps_;
  std::uint64_t states_;
};

class Nfa {
 public:
  enum class Kind : std::uint8_t {
    bytes,  // consumes one byte of low..high
    empty,  // consumes nothing
    begin,  // consumes nothing, only before the first byte
    end,    // consumes nothing, only after the last byte
    call,   // consumes what `rule` derives
  };
  struct Edge {
    Kind kind;
    std::uint8_t low = 0, high = 0;
    std::uint32_t rule = 0;
    std::uint32_t to = 0;
    std::uint32_t next = kNone;  // the next edge of the same state
  };

  std::uint32_t add_state() {
    first_.push_back(kNone);
    return static_cast<std::uint32_t>(first_.size() - 1);
  }
  void add_bytes(std::uint32_t from, std::uint8_t low, std::uint8_t high, std::uint32_t to) {
    add(from, {Kind::bytes, low, high, 0, to, kNone});
  }
  void add_empty(std::uint32_t from, std::uint32_t to, Kind kind = Kind::empty) {
    add(from, {kind, 0, 0, 0, to, kNone});
  }
  void add_call(std::uint32_t from, std::uint32_t rule, std::uint32_t to) {
    add(from, {Kind::call, 0, 0, rule, to, kNone});
  }

  std::size_t size() const { return first_.size(); }
  std::uint32_t first_edge(std::uint32_t state) const { return first_[state]; }
  const Edge& edge(std::uint32_t index) const { return edges_[index]; }

 private:
  void add(std::uint32_t from, Edge edge) {
    edge.next = first_[from];
    first_[from] = static_cast<std::uint32_t>(edges_.size());
    edges_.push_back(edge);
  }

  std::vector<std::uint32_t> first_;
  std::vector<Edge> edges_;
};

struct Dfa {
  struct Edge {
    std::uint8_t low, high;
    std::uint32_t to;
  };
  struct Call {
    std::uint32_t rule;
    std::uint32_t to;
  };
  struct State {
    std::vector<Edge> edges;  // disjoint, ascending
    std::vector<Call> calls;  // one per rule, ascending
    bool accepts = false;
  };
  std::vector<State> states;  // the first one is the start; never empty

  std::uint32_t step(std::uint32_t state, std::uint8_t byte) const;  // kNone: no way on
  // Whether the whole text is in the language. Only for automata without calls.
  bool accepts(std::string_view text) const;
  // Whether no text is in the language, calls taken as possible. Only after trim().
  bool empty() const;
  // Drops the states from which no accepting state can be reached, and those never reached.
  void trim();
};

Result<Dfa> determinise(const Nfa& nfa, std::uint32_t start, std::uint32_t final, Budget& budget);

// Texts in both languages. Neither automaton may have calls.
Result<Dfa> intersect(const Dfa& a, const Dfa& b, Budget& budget);

// Texts of `a` that are none of `words`. No calls.
Result<Dfa> without_words(const Dfa& a, const std::vector<std::string>& words, Budget& budget);

// All valid UTF-8 texts that do not contain `word`.
Result<Dfa> text_without(std::string_view word, Budget& budget);

}  // namespace ds4::grammar
