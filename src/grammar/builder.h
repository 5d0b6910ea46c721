// Writes a grammar down: expressions, rules that name them, and at the end one Grammar.
//
// Expressions are immutable and may be used in many places; each use is a copy, a call of a rule is
// not. Several front ends may add to one builder, so a tool call may hold a schema, a regular
// expression and an EBNF side by side.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/automaton.h"
#include "grammar/grammar.h"

namespace ds4::grammar {

inline constexpr std::uint32_t kUnbounded = kNone;

struct Expr {
  std::uint32_t id = kNone;
  bool operator==(const Expr&) const = default;
};
struct Rule {
  std::uint32_t id = kNone;
  bool operator==(const Rule&) const = default;
};

// Nodes and the expressions between them, for what is no tree: an object's keys, a number's digits.
struct Graph {
  struct Arc {
    std::uint32_t from;
    Expr expr;
    std::uint32_t to;
  };
  std::uint32_t node_count = 0;
  std::vector<Arc> arcs;
  std::uint32_t entry = 0;
  std::vector<std::uint32_t> exits;

  std::uint32_t add_node() { return node_count++; }
  void add(std::uint32_t from, Expr expr, std::uint32_t to) { arcs.push_back({from, expr, to}); }
};

class GrammarBuilder {
 public:
  explicit GrammarBuilder(Budget budget = Budget()) : budget_(budget) {}

  Expr empty();                                     // the empty text
  Expr never();                                     // no text at all
  Expr literal(std::string_view text);              // these bytes
  Expr bytes(std::uint8_t low, std::uint8_t high);  // one byte of a range
  Expr sequence(std::span<const Expr> parts);       // one after the other
  Expr choice(std::span<const Expr> parts);         // any one of them
  Expr sequence(std::initializer_list<Expr> parts) { return sequence(std::span(parts)); }
  Expr choice(std::initializer_list<Expr> parts) { return choice(std::span(parts)); }
  Expr repeat(Expr part, std::uint32_t min, std::uint32_t max = kUnbounded);
  Expr optional(Expr part) { return repeat(part, 0, 1); }
  Expr call(Rule rule);
  Expr graph(Graph graph);
  Expr automaton(Dfa dfa);
  Expr begin();  // matches nothing, and only before the first byte; for dfa_of() alone
  Expr end();    // the same, after the last byte

  // A rule may be called before it is defined. Its name is for messages.
  Rule declare(std::string name);
  void define(Rule rule, Expr body);
  Rule add_rule(std::string name, Expr body);

  // The automaton of an expression; it may not contain calls.
  Result<Dfa> dfa_of(Expr expr);

  // The grammar of all texts that `start` derives. May be called for several starts.
  Result<Grammar> build(Rule start, std::uint32_t depth_max = kDepthMax);

  Budget& budget() { return budget_; }

 private:
  enum class Kind : std::uint8_t {
    empty,
    never,
    literal,
    bytes,
    sequence,
    choice,
    repeat,
    call,
    graph,
    automaton,
    begin,
    end,
  };
  struct Node {
    Kind kind;
    std::uint32_t a = 0, b = 0, c = 0;
  };
  struct RuleEntry {
    std::string name;
    Expr body;
  };

  Expr add(Node node);
  Result<void> emit(Expr expr, Nfa& nfa, std::uint32_t from, std::uint32_t to);
  Result<void> emit_repeat(const Node& node, Nfa& nfa, std::uint32_t from, std::uint32_t to);

  Budget budget_;
  std::vector<Node> nodes_;
  std::vector<Expr> lists_;
  std::string texts_;
  std::vector<Graph> graphs_;
  std::vector<std::shared_ptr<const Dfa>> automata_;
  std::vector<RuleEntry> rules_;
};

}  // namespace ds4::grammar
