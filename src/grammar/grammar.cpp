#include "grammar/grammar.h"

#include <algorithm>
#include <queue>

namespace ds4::grammar {
namespace {

constexpr std::uint64_t kFar = std::numeric_limits<std::uint64_t>::max();

// Knuth's generalisation of Dijkstra's algorithm: the least cost of finishing from each state, when
// the cost of a step is `by_byte(rest)` and of a call `by_call(callee, rest, call)`, both of them
// never less than their arguments.
template <class ByByte, class ByCall>
std::vector<std::uint64_t> least_cost(std::size_t state_count,
                                      const std::vector<std::uint32_t>& edge_begin,
                                      const std::vector<Dfa::Edge>& edges,
                                      const std::vector<std::uint32_t>& call_begin,
                                      const std::vector<Grammar::Call>& calls,
                                      const std::vector<std::uint8_t>& accepts, ByByte by_byte,
                                      ByCall by_call) {
  struct Use {
    std::uint32_t from, call;
  };
  std::vector<std::vector<std::uint32_t>> byte_before(state_count);
  std::vector<std::vector<Use>> call_before(state_count), callers(state_count);
  for (std::uint32_t s = 0; s < state_count; ++s) {
    for (std::uint32_t e = edge_begin[s]; e < edge_begin[s + 1]; ++e) {
      auto& before = byte_before[edges[e].to];
      if (before.empty() || before.back() != s) before.push_back(s);
    }
    for (std::uint32_t c = call_begin[s]; c < call_begin[s + 1]; ++c) {
      call_before[calls[c].to].push_back({s, c});
      callers[calls[c].start].push_back({s, c});
    }
  }
  using Entry = std::pair<std::uint64_t, std::uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  std::vector<std::uint64_t> cost(state_count, kFar);
  std::vector<bool> final(state_count);
  auto offer = [&](std::uint32_t state, std::uint64_t value) {
    if (value >= cost[state]) return;
    cost[state] = value;
    queue.emplace(value, state);
  };
  for (std::uint32_t s = 0; s < state_count; ++s) {
    if (accepts[s]) offer(s, 0);
  }
  while (!queue.empty()) {
    const std::uint32_t s = queue.top().second;
    queue.pop();
    if (final[s]) continue;
    final[s] = true;
    for (std::uint32_t p : byte_before[s]) offer(p, by_byte(cost[s]));
    auto use = [&](const Use& u) {
      const Grammar::Call& call = calls[u.call];
      if (final[call.start] && final[call.to]) {
        offer(u.from, by_call(cost[call.start], cost[call.to], call));
      }
    };
    for (const Use& u : call_before[s]) use(u);
    for (const Use& u : callers[s]) use(u);
  }
  return cost;
}

// The rules that derive the empty text.
std::vector<bool> nullable_rules(const std::vector<Dfa>& rules) {
  std::vector<bool> nullable(rules.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t r = 0; r < rules.size(); ++r) {
      if (nullable[r]) continue;
      std::vector<bool> seen(rules[r].states.size());
      std::vector<std::uint32_t> open{0};
      while (!open.empty() && !nullable[r]) {
        const std::uint32_t s = open.back();
        open.pop_back();
        if (seen[s]) continue;
        seen[s] = true;
        if (rules[r].states[s].accepts) nullable[r] = changed = true;
        for (const Dfa::Call& call : rules[r].states[s].calls) {
          if (nullable[call.rule]) open.push_back(call.to);
        }
      }
    }
  }
  return nullable;
}

Result<void> refuse_left_recursion(const std::vector<Dfa>& rules,
                                   const std::vector<std::string>& names) {
  const std::vector<bool> nullable = nullable_rules(rules);
  std::vector<std::vector<std::uint32_t>> first(rules.size());
  for (std::size_t r = 0; r < rules.size(); ++r) {
    std::vector<bool> seen(rules[r].states.size());
    std::vector<std::uint32_t> open{0};
    while (!open.empty()) {
      const std::uint32_t s = open.back();
      open.pop_back();
      if (seen[s]) continue;
      seen[s] = true;
      for (const Dfa::Call& call : rules[r].states[s].calls) {
        first[r].push_back(call.rule);
        if (nullable[call.rule]) open.push_back(call.to);
      }
    }
  }
  // Depth first, without recursion: grey rules are on the path.
  enum : std::uint8_t { white, grey, black };
  std::vector<std::uint8_t> colour(rules.size(), white);
  for (std::uint32_t root = 0; root < rules.size(); ++root) {
    if (colour[root] != white) continue;
    std::vector<std::pair<std::uint32_t, std::size_t>> path{{root, 0}};
    colour[root] = grey;
    while (!path.empty()) {
      auto& [rule, next] = path.back();
      if (next == first[rule].size()) {
        colour[rule] = black;
        path.pop_back();
        continue;
      }
      const std::uint32_t callee = first[rule][next++];
      if (colour[callee] == grey) {
        return fail(Code::unsupported, "left recursion: `", names[callee],
                    "` can begin with itself");
      }
      if (colour[callee] == white) {
        colour[callee] = grey;
        path.emplace_back(callee, 0);
      }
    }
  }
  return {};
}

}  // namespace

Result<Grammar> Grammar::assemble(std::vector<Dfa> rules, const std::vector<std::string>& names,
                                  std::uint32_t start_rule, std::uint32_t depth_max) {
  TRY_DO(refuse_left_recursion(rules, names));
  Grammar g;
  g.depth_max_ = depth_max;
  std::vector<std::uint32_t> starts;
  std::uint32_t count = 0;
  for (const Dfa& rule : rules) {
    starts.push_back(count);
    count += static_cast<std::uint32_t>(rule.states.size());
  }
  g.edge_begin_.reserve(count + 1);
  g.call_begin_.reserve(count + 1);
  for (std::size_t r = 0; r < rules.size(); ++r) {
    const bool is_leaf = std::all_of(rules[r].states.begin(), rules[r].states.end(),
                                     [](const Dfa::State& s) { return s.calls.empty(); });
    for (const Dfa::State& state : rules[r].states) {
      g.edge_begin_.push_back(static_cast<std::uint32_t>(g.edges_.size()));
      g.call_begin_.push_back(static_cast<std::uint32_t>(g.calls_.size()));
      g.accepts_.push_back(state.accepts);
      g.in_leaf_.push_back(is_leaf);
      for (const Dfa::Edge& e : state.edges) g.edges_.push_back({e.low, e.high, starts[r] + e.to});
      for (const Dfa::Call& c : state.calls) {
        const Dfa::State& to = rules[r].states[c.to];
        g.calls_.push_back(
            {starts[c.rule], starts[r] + c.to, to.accepts && to.edges.empty() && to.calls.empty()});
      }
    }
  }
  g.edge_begin_.push_back(static_cast<std::uint32_t>(g.edges_.size()));
  g.call_begin_.push_back(static_cast<std::uint32_t>(g.calls_.size()));
  g.start_ = starts[start_rule];

  g.shortest_ = least_cost(
      count, g.edge_begin_, g.edges_, g.call_begin_, g.calls_, g.accepts_,
      [](std::uint64_t rest) { return rest + 1; },
      [](std::uint64_t callee, std::uint64_t rest, const Call&) { return callee + rest; });
  if (g.shortest_[g.start_] == kFar) {
    return fail(Code::bad_argument, "no finite text satisfies this");
  }
  const std::vector<std::uint64_t> depth = least_cost(
      count, g.edge_begin_, g.edges_, g.call_begin_, g.calls_, g.accepts_,
      [](std::uint64_t rest) { return rest; },
      [](std::uint64_t callee, std::uint64_t rest, const Call& call) {
        return std::max(callee + (call.is_tail ? 0 : 1), rest);
      });
  if (depth[g.start_] > depth_max) {
    return fail(Code::too_large, "every text needs nesting deeper than ", depth_max);
  }
  for (std::uint64_t d : depth) {
    g.depth_needed_.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(d, kNone)));
  }
  g.drop_dead_edges();
  g.find_byte_classes();
  return g;
}

void Grammar::drop_dead_edges() {
  std::uint32_t edge_out = 0, call_out = 0;
  for (std::uint32_t s = 0; s < accepts_.size(); ++s) {
    const std::uint32_t edge_from = edge_begin_[s], call_from = call_begin_[s];
    edge_begin_[s] = edge_out;
    call_begin_[s] = call_out;
    for (std::uint32_t e = edge_from; e < edge_begin_[s + 1]; ++e) {
      if (shortest_[edges_[e].to] != kFar) edges_[edge_out++] = edges_[e];
    }
    for (std::uint32_t c = call_from; c < call_begin_[s + 1]; ++c) {
      if (shortest_[calls_[c].to] != kFar && shortest_[calls_[c].start] != kFar) {
        calls_[call_out++] = calls_[c];
      }
    }
  }
  edge_begin_.back() = edge_out;
  call_begin_.back() = call_out;
  edges_.resize(edge_out);
  calls_.resize(call_out);
}

void Grammar::find_byte_classes() {
  bool cut[257] = {};
  for (const Dfa::Edge& e : edges_) cut[e.low] = cut[e.high + 1u] = true;
  for (unsigned b = 0; b < 256; ++b) {
    if (b == 0 || cut[b]) class_byte_.push_back(static_cast<std::uint8_t>(b));
    byte_class_[b] = static_cast<std::uint8_t>(class_byte_.size() - 1);
  }
}

std::uint32_t Grammar::step(std::uint32_t state, std::uint8_t byte) const {
  const auto all = edges(state);
  if (all.size() <= 4) {
    for (const Dfa::Edge& e : all) {
      if (e.low <= byte && byte <= e.high) return e.to;
    }
    return kNone;
  }
  const auto it = std::lower_bound(all.begin(), all.end(), byte,
                                   [](const Dfa::Edge& e, std::uint8_t b) { return e.high < b; });
  return it != all.end() && it->low <= byte ? it->to : kNone;
}

}  // namespace ds4::grammar
