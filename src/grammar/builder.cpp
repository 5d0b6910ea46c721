#include "grammar/builder.h"

#include "base/check.h"

namespace ds4::grammar {
namespace {

// Repetitions are written out, so a short text can ask for a huge automaton.
constexpr std::size_t kNfaStatesMax = 400'000;

std::uint32_t u32(std::size_t n) {
  return static_cast<std::uint32_t>(n);
}

}  // namespace

Expr GrammarBuilder::add(Node node) {
  nodes_.push_back(node);
  return {u32(nodes_.size() - 1)};
}

Expr GrammarBuilder::empty() {
  return add({Kind::empty});
}
Expr GrammarBuilder::never() {
  return add({Kind::never});
}
Expr GrammarBuilder::begin() {
  return add({Kind::begin});
}
Expr GrammarBuilder::end() {
  return add({Kind::end});
}
Expr GrammarBuilder::literal(std::string_view text) {
  texts_ += text;
  return add({Kind::literal, u32(texts_.size() - text.size()), u32(text.size())});
}
Expr GrammarBuilder::bytes(std::uint8_t low, std::uint8_t high) {
  return add({Kind::bytes, low, high});
}
Expr GrammarBuilder::sequence(std::span<const Expr> parts) {
  lists_.insert(lists_.end(), parts.begin(), parts.end());
  return add({Kind::sequence, u32(lists_.size() - parts.size()), u32(parts.size())});
}
Expr GrammarBuilder::choice(std::span<const Expr> parts) {
  if (parts.empty()) return never();
  if (parts.size() == 1) return parts[0];
  lists_.insert(lists_.end(), parts.begin(), parts.end());
  return add({Kind::choice, u32(lists_.size() - parts.size()), u32(parts.size())});
}
Expr GrammarBuilder::repeat(Expr part, std::uint32_t min, std::uint32_t max) {
  return add({Kind::repeat, part.id, min, max});
}
Expr GrammarBuilder::call(Rule rule) {
  return add({Kind::call, rule.id});
}
Expr GrammarBuilder::graph(Graph graph) {
  graphs_.push_back(std::move(graph));
  return add({Kind::graph, u32(graphs_.size() - 1)});
}
Expr GrammarBuilder::automaton(Dfa dfa) {
  automata_.push_back(std::make_shared<const Dfa>(std::move(dfa)));
  return add({Kind::automaton, u32(automata_.size() - 1)});
}

Rule GrammarBuilder::declare(std::string name) {
  rules_.push_back({std::move(name), {}});
  return {u32(rules_.size() - 1)};
}
void GrammarBuilder::define(Rule rule, Expr body) {
  CHECK(rules_[rule.id].body.id == kNone);
  rules_[rule.id].body = body;
}
Rule GrammarBuilder::add_rule(std::string name, Expr body) {
  const Rule rule = declare(std::move(name));
  define(rule, body);
  return rule;
}

Result<void> GrammarBuilder::emit(Expr expr, Nfa& nfa, std::uint32_t from, std::uint32_t to) {
  if (nfa.size() > kNfaStatesMax) {
    return fail(Code::too_large, "too complex: written out, the repetitions need more than ",
                kNfaStatesMax, " states");
  }
  TRY_DO(budget_.spend_steps(1));
  const Node node = nodes_[expr.id];
  switch (node.kind) {
    case Kind::never:
      break;
    case Kind::empty:
      nfa.add_empty(from, to);
      break;
    case Kind::begin:
      nfa.add_empty(from, to, Nfa::Kind::begin);
      break;
    case Kind::end:
      nfa.add_empty(from, to, Nfa::Kind::end);
      break;
    case Kind::call:
      nfa.add_call(from, node.a, to);
      break;
    case Kind::bytes:
      nfa.add_bytes(from, static_cast<std::uint8_t>(node.a), static_cast<std::uint8_t>(node.b), to);
      break;
    case Kind::literal: {
      TRY_DO(budget_.spend_steps(node.b));
      std::uint32_t at = from;
      if (node.b == 0) nfa.add_empty(from, to);
      for (std::uint32_t i = 0; i < node.b; ++i) {
        const auto byte = static_cast<std::uint8_t>(texts_[node.a + i]);
        const std::uint32_t next = i + 1 == node.b ? to : nfa.add_state();
        nfa.add_bytes(at, byte, byte, next);
        at = next;
      }
      break;
    }
    case Kind::sequence: {
      std::uint32_t at = from;
      if (node.b == 0) nfa.add_empty(from, to);
      for (std::uint32_t i = 0; i < node.b; ++i) {
        const std::uint32_t next = i + 1 == node.b ? to : nfa.add_state();
        TRY_DO(emit(lists_[node.a + i], nfa, at, next));
        at = next;
      }
      break;
    }
    case Kind::choice:
      for (std::uint32_t i = 0; i < node.b; ++i) {
        TRY_DO(emit(lists_[node.a + i], nfa, from, to));
      }
      break;
    case Kind::repeat:
      return emit_repeat(node, nfa, from, to);
    case Kind::graph: {
      const Graph graph = graphs_[node.a];
      const std::uint32_t base = u32(nfa.size());
      for (std::uint32_t i = 0; i < graph.node_count; ++i) nfa.add_state();
      nfa.add_empty(from, base + graph.entry);
      for (std::uint32_t exit : graph.exits) nfa.add_empty(base + exit, to);
      for (const Graph::Arc& arc : graph.arcs) {
        TRY_DO(emit(arc.expr, nfa, base + arc.from, base + arc.to));
      }
      break;
    }
    case Kind::automaton: {
      const Dfa& dfa = *automata_[node.a];
      const std::uint32_t base = u32(nfa.size());
      TRY_DO(budget_.spend_steps(dfa.states.size()));
      for (std::size_t i = 0; i < dfa.states.size(); ++i) nfa.add_state();
      nfa.add_empty(from, base);
      for (std::uint32_t s = 0; s < dfa.states.size(); ++s) {
        if (dfa.states[s].accepts) nfa.add_empty(base + s, to);
        for (const Dfa::Edge& e : dfa.states[s].edges) {
          nfa.add_bytes(base + s, e.low, e.high, base + e.to);
        }
      }
      break;
    }
  }
  return {};
}

Result<void> GrammarBuilder::emit_repeat(const Node& node, Nfa& nfa, std::uint32_t from,
                                         std::uint32_t to) {
  const Expr part{node.a};
  std::uint32_t at = from;
  for (std::uint32_t i = 0; i < node.b; ++i) {
    const std::uint32_t next = nfa.add_state();
    TRY_DO(emit(part, nfa, at, next));
    at = next;
  }
  if (node.c == kUnbounded) {
    // A state of its own, so that the loop is not entered from elsewhere.
    const std::uint32_t loop = nfa.add_state();
    nfa.add_empty(at, loop);
    TRY_DO(emit(part, nfa, loop, loop));
    nfa.add_empty(loop, to);
    return {};
  }
  for (std::uint32_t i = node.b; i < node.c; ++i) {
    const std::uint32_t next = nfa.add_state();
    nfa.add_empty(at, to);
    TRY_DO(emit(part, nfa, at, next));
    at = next;
  }
  nfa.add_empty(at, to);
  return {};
}

Result<Dfa> GrammarBuilder::dfa_of(Expr expr) {
  Nfa nfa;
  const std::uint32_t from = nfa.add_state();
  const std::uint32_t to = nfa.add_state();
  TRY_DO(emit(expr, nfa, from, to));
  return determinise(nfa, from, to, budget_);
}

Result<Grammar> GrammarBuilder::build(Rule start, std::uint32_t depth_max) {
  // Only the rules that are reached, renumbered in the order they are met.
  std::vector<std::uint32_t> number(rules_.size(), kNone);
  std::vector<std::uint32_t> order{start.id};
  number[start.id] = 0;
  std::vector<Dfa> automata;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const RuleEntry& rule = rules_[order[i]];
    CHECK(rule.body.id != kNone);
    TRY(Dfa dfa, dfa_of(rule.body));
    for (Dfa::State& state : dfa.states) {
      for (Dfa::Call& call : state.calls) {
        if (number[call.rule] == kNone) {
          number[call.rule] = u32(order.size());
          order.push_back(call.rule);
        }
        call.rule = number[call.rule];
      }
    }
    automata.push_back(std::move(dfa));
    names.push_back(rule.name);
  }
  return Grammar::assemble(std::move(automata), names, 0, depth_max);
}

}  // namespace ds4::grammar
