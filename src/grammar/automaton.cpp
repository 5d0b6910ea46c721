#include "grammar/automaton.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

namespace ds4::grammar {
namespace {

struct SetHash {
  std::size_t operator()(const std::vector<std::uint32_t>& set) const {
    std::uint64_t hash = set.size();
    for (std::uint32_t member : set) {
      hash = (hash ^ member) * 0x9E3779B97F4A7C15ull;
      hash ^= hash >> 29;
    }
    return static_cast<std::size_t>(hash);
  }
};

// Subset construction. Only states that matter (with byte or call edges, or the final one) are kept
// in a set, so that sets differing by empty edges alone fall together.
class Determiniser {
 public:
  Determiniser(const Nfa& nfa, std::uint32_t final, Budget& budget)
      : nfa_(nfa), final_(final), budget_(budget), stamp_(nfa.size(), 0) {}

  Result<Dfa> run(std::uint32_t start) {
    TRY_DO(close({start}, /*at_begin=*/true));
    TRY(const std::uint32_t first, intern());
    static_cast<void>(first);
    for (std::uint32_t i = 0; i < sets_.size(); ++i) TRY_DO(expand(i));
    dfa_.trim();
    return std::move(dfa_);
  }

 private:
  // Leaves in closed_ the states reachable by empty edges.
  Result<void> close(const std::vector<std::uint32_t>& from, bool at_begin) {
    ++round_;
    closed_.clear();
    stack_.clear();
    accepts_ = false;
    std::vector<std::uint32_t> at_end;
    for (std::uint32_t state : from) visit(state);
    std::uint64_t work = from.size();
    while (!stack_.empty()) {
      const std::uint32_t state = stack_.back();
      stack_.pop_back();
      bool matters = state == final_;
      accepts_ = accepts_ || state == final_;
      for (std::uint32_t e = nfa_.first_edge(state); e != kNone; e = nfa_.edge(e).next) {
        const Nfa::Edge& edge = nfa_.edge(e);
        ++work;
        switch (edge.kind) {
          case Nfa::Kind::empty:
            visit(edge.to);
            break;
          case Nfa::Kind::begin:
            if (at_begin) visit(edge.to);
            break;
          case Nfa::Kind::end:
            at_end.push_back(edge.to);
            break;
          case Nfa::Kind::bytes:
          case Nfa::Kind::call:
            matters = true;
            break;
        }
      }
      if (matters) closed_.push_back(state);
    }
    if (!accepts_ && !at_end.empty()) {
      work += nfa_.size();
      accepts_ = ends(at_end, at_begin);
    }
    std::sort(closed_.begin(), closed_.end());
    return budget_.spend_steps(work);
  }

  // Whether the final state follows by empty and end edges; these paths take no further byte.
  bool ends(std::vector<std::uint32_t>& open, bool at_begin) const {
    std::vector<bool> seen(nfa_.size());
    while (!open.empty()) {
      const std::uint32_t state = open.back();
      open.pop_back();
      if (seen[state]) continue;
      seen[state] = true;
      if (state == final_) return true;
      for (std::uint32_t e = nfa_.first_edge(state); e != kNone; e = nfa_.edge(e).next) {
        const Nfa::Edge& edge = nfa_.edge(e);
        if (edge.kind == Nfa::Kind::empty || edge.kind == Nfa::Kind::end ||
            (edge.kind == Nfa::Kind::begin && at_begin)) {
          open.push_back(edge.to);
        }
      }
    }
    return false;
  }

  void visit(std::uint32_t state) {
    if (stamp_[state] == round_) return;
    stamp_[state] = round_;
    stack_.push_back(state);
  }

  // The Dfa state of closed_. Acceptance is part of its name: an end assertion may make a set
  // accept that another way to the same set does not.
  Result<std::uint32_t> intern() {
    closed_.push_back(accepts_ ? 1 : 0);
    const auto [place, is_new] =
        ids_.try_emplace(closed_, static_cast<std::uint32_t>(sets_.size()));
    if (is_new) {
      TRY_DO(budget_.spend_states(1));
      sets_.push_back(closed_);
      sets_.back().pop_back();
      dfa_.states.emplace_back();
      dfa_.states.back().accepts = accepts_;
    }
    return place->second;
  }

  struct Range {
    std::uint8_t low, high;
    std::uint32_t to;
  };

  Result<void> expand(std::uint32_t id) {
    const std::vector<std::uint32_t> set = sets_[id];
    std::vector<Range> ranges;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> calls;
    for (std::uint32_t state : set) {
      for (std::uint32_t e = nfa_.first_edge(state); e != kNone; e = nfa_.edge(e).next) {
        const Nfa::Edge& edge = nfa_.edge(e);
        if (edge.kind == Nfa::Kind::bytes) ranges.push_back({edge.low, edge.high, edge.to});
        if (edge.kind == Nfa::Kind::call) calls.emplace_back(edge.rule, edge.to);
      }
    }
    TRY_DO(budget_.spend_steps(ranges.size() + calls.size() + 1));
    if (!ranges.empty()) TRY_DO(expand_bytes(id, ranges));
    std::sort(calls.begin(), calls.end());
    for (std::size_t i = 0; i < calls.size();) {
      std::vector<std::uint32_t> targets;
      std::size_t j = i;
      for (; j < calls.size() && calls[j].first == calls[i].first; ++j) {
        targets.push_back(calls[j].second);
      }
      TRY_DO(close(targets, false));
      TRY(const std::uint32_t to, intern());
      dfa_.states[id].calls.push_back({calls[i].first, to});
      i = j;
    }
    return {};
  }

  Result<void> expand_bytes(std::uint32_t id, const std::vector<Range>& ranges) {
    std::array<bool, 257> cut{};
    cut[0] = true;
    for (const Range& range : ranges) cut[range.low] = cut[range.high + 1u] = true;
    std::array<std::uint16_t, 256> segment_of{};
    std::vector<unsigned> begins;
    for (unsigned b = 0; b < 256; ++b) {
      if (cut[b]) begins.push_back(b);
      segment_of[b] = static_cast<std::uint16_t>(begins.size() - 1);
    }
    std::vector<std::vector<std::uint32_t>> targets(begins.size());
    for (const Range& range : ranges) {
      for (unsigned s = segment_of[range.low]; s <= segment_of[range.high]; ++s) {
        targets[s].push_back(range.to);
      }
    }
    begins.push_back(256);
    std::vector<std::uint32_t> last_targets;
    std::uint32_t last_id = 0;
    for (std::size_t s = 0; s < targets.size(); ++s) {
      if (targets[s].empty()) continue;
      std::sort(targets[s].begin(), targets[s].end());
      targets[s].erase(std::unique(targets[s].begin(), targets[s].end()), targets[s].end());
      if (targets[s] != last_targets) {
        TRY_DO(close(targets[s], false));
        TRY(last_id, intern());
        last_targets = targets[s];
      }
      auto& edges = dfa_.states[id].edges;
      const auto low = static_cast<std::uint8_t>(begins[s]);
      const auto high = static_cast<std::uint8_t>(begins[s + 1] - 1);
      if (!edges.empty() && edges.back().to == last_id && edges.back().high + 1 == low) {
        edges.back().high = high;
      } else {
        edges.push_back({low, high, last_id});
      }
    }
    return {};
  }

  const Nfa& nfa_;
  std::uint32_t final_;
  Budget& budget_;
  std::vector<std::uint32_t> stamp_;
  std::uint32_t round_ = 0;
  std::vector<std::uint32_t> closed_;
  std::vector<std::uint32_t> stack_;
  bool accepts_ = false;
  std::unordered_map<std::vector<std::uint32_t>, std::uint32_t, SetHash> ids_;
  std::vector<std::vector<std::uint32_t>> sets_;
  Dfa dfa_;
};

// The automaton over pairs of states: `step_b` says where the right one goes (nothing: nowhere).
template <class Step, class Accepts>
Result<Dfa> product(const Dfa& a, std::uint32_t start_b, Step step_b, Accepts accepts,
                    Budget& budget) {
  Dfa out;
  std::unordered_map<std::uint64_t, std::uint32_t> ids;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  auto intern = [&](std::uint32_t p, std::uint32_t q) {
    const auto [place, is_new] =
        ids.try_emplace((std::uint64_t{p} << 32) | q, static_cast<std::uint32_t>(pairs.size()));
    if (is_new) {
      pairs.emplace_back(p, q);
      out.states.emplace_back();
      out.states.back().accepts = accepts(p, q);
    }
    return place->second;
  };
  intern(0, start_b);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto [p, q] = pairs[i];
    TRY_DO(budget.spend_states(1));
    for (const Dfa::Edge& edge : a.states[p].edges) {
      TRY_DO(budget.spend_steps(edge.high - edge.low + 1u));
      for (unsigned b = edge.low; b <= edge.high; ++b) {
        const auto byte = static_cast<std::uint8_t>(b);
        const std::optional<std::uint32_t> to_b = step_b(q, byte);
        if (!to_b) continue;
        const std::uint32_t to = intern(edge.to, *to_b);
        auto& edges = out.states[i].edges;
        if (!edges.empty() && edges.back().to == to && edges.back().high + 1u == b) {
          edges.back().high = byte;
        } else {
          edges.push_back({byte, byte, to});
        }
      }
    }
  }
  out.trim();
  return out;
}

}  // namespace

std::uint32_t Dfa::step(std::uint32_t state, std::uint8_t byte) const {
  const auto& edges = states[state].edges;
  const auto it = std::lower_bound(edges.begin(), edges.end(), byte,
                                   [](const Edge& e, std::uint8_t b) { return e.high < b; });
  return it != edges.end() && it->low <= byte ? it->to : kNone;
}

bool Dfa::accepts(std::string_view text) const {
  std::uint32_t state = 0;
  for (char c : text) {
    state = step(state, static_cast<std::uint8_t>(c));
    if (state == kNone) return false;
  }
  return states[state].accepts;
}

bool Dfa::empty() const {
  const State& start = states[0];
  return !start.accepts && start.edges.empty() && start.calls.empty();
}

void Dfa::trim() {
  const std::size_t count = states.size();
  std::vector<std::vector<std::uint32_t>> before(count);
  std::vector<bool> live(count);
  std::vector<std::uint32_t> open;
  for (std::uint32_t s = 0; s < count; ++s) {
    for (const Edge& e : states[s].edges) before[e.to].push_back(s);
    for (const Call& c : states[s].calls) before[c.to].push_back(s);
    if (states[s].accepts) {
      live[s] = true;
      open.push_back(s);
    }
  }
  while (!open.empty()) {
    const std::uint32_t s = open.back();
    open.pop_back();
    for (std::uint32_t p : before[s]) {
      if (live[p]) continue;
      live[p] = true;
      open.push_back(p);
    }
  }
  std::vector<std::uint32_t> name(count, kNone);
  std::vector<std::uint32_t> order{0};  // the start stays, whatever it can do
  name[0] = 0;
  auto rename = [&](std::uint32_t& to) {
    if (name[to] == kNone) {
      name[to] = static_cast<std::uint32_t>(order.size());
      order.push_back(to);
    }
    to = name[to];
  };
  for (std::size_t i = 0; i < order.size(); ++i) {
    State& state = states[order[i]];
    std::erase_if(state.edges, [&](const Edge& e) { return !live[e.to]; });
    std::erase_if(state.calls, [&](const Call& c) { return !live[c.to]; });
    for (Edge& e : state.edges) rename(e.to);
    for (Call& c : state.calls) rename(c.to);
  }
  std::vector<State> kept;
  kept.reserve(order.size());
  for (std::uint32_t s : order) kept.push_back(std::move(states[s]));
  states = std::move(kept);
}

Result<Dfa> determinise(const Nfa& nfa, std::uint32_t start, std::uint32_t final, Budget& budget) {
  return Determiniser(nfa, final, budget).run(start);
}

Result<Dfa> intersect(const Dfa& a, const Dfa& b, Budget& budget) {
  return product(
      a, 0,
      [&](std::uint32_t q, std::uint8_t byte) -> std::optional<std::uint32_t> {
        const std::uint32_t to = b.step(q, byte);
        if (to == kNone) return std::nullopt;
        return to;
      },
      [&](std::uint32_t p, std::uint32_t q) { return a.states[p].accepts && b.states[q].accepts; },
      budget);
}

Result<Dfa> without_words(const Dfa& a, const std::vector<std::string>& words, Budget& budget) {
  // A trie of the words; having left it (kNone) means that the text is none of them.
  std::vector<std::unordered_map<std::uint8_t, std::uint32_t>> trie(1);
  std::vector<bool> is_word(1);
  for (const std::string& word : words) {
    std::uint32_t node = 0;
    TRY_DO(budget.spend_steps(word.size() + 1));
    for (char c : word) {
      const auto [it, is_new] = trie[node].try_emplace(static_cast<std::uint8_t>(c),
                                                       static_cast<std::uint32_t>(trie.size()));
      node = it->second;
      if (is_new) {
        trie.emplace_back();
        is_word.push_back(false);
      }
    }
    is_word[node] = true;
  }
  return product(
      a, 0,
      [&](std::uint32_t q, std::uint8_t byte) -> std::optional<std::uint32_t> {
        if (q == kNone) return kNone;
        const auto it = trie[q].find(byte);
        return it == trie[q].end() ? kNone : it->second;
      },
      [&](std::uint32_t p, std::uint32_t q) {
        return a.states[p].accepts && (q == kNone || !is_word[q]);
      },
      budget);
}

Result<Dfa> text_without(std::string_view word, Budget& budget) {
  // Valid UTF-8: 0 between characters, 1..3 that many continuation bytes left, 4..7 the second byte
  // after E0, ED, F0 and F4, whose range is narrower.
  Dfa text;
  text.states.resize(8);
  auto& s = text.states;
  s[0].accepts = true;
  s[0].edges = {{0x00, 0x7F, 0}, {0xC2, 0xDF, 1}, {0xE0, 0xE0, 4}, {0xE1, 0xEC, 2}, {0xED, 0xED, 5},
                {0xEE, 0xEF, 2}, {0xF0, 0xF0, 6}, {0xF1, 0xF3, 3}, {0xF4, 0xF4, 7}};
  s[1].edges = {{0x80, 0xBF, 0}};
  s[2].edges = {{0x80, 0xBF, 1}};
  s[3].edges = {{0x80, 0xBF, 2}};
  s[4].edges = {{0xA0, 0xBF, 1}};
  s[5].edges = {{0x80, 0x9F, 1}};
  s[6].edges = {{0x90, 0xBF, 2}};
  s[7].edges = {{0x80, 0x8F, 2}};
  if (word.empty()) return text;
  // Knuth, Morris and Pratt: how much of the word the text read so far ends with.
  std::vector<std::uint32_t> border(word.size() + 1, 0);
  for (std::size_t i = 1, k = 0; i < word.size(); ++i) {
    while (k > 0 && word[i] != word[k]) k = border[k];
    if (word[i] == word[k]) ++k;
    border[i + 1] = static_cast<std::uint32_t>(k);
  }
  return product(
      text, 0,
      [&](std::uint32_t k, std::uint8_t byte) -> std::optional<std::uint32_t> {
        while (k > 0 && static_cast<std::uint8_t>(word[k]) != byte) k = border[k];
        if (static_cast<std::uint8_t>(word[k]) == byte) ++k;
        if (k == word.size()) return std::nullopt;
        return k;
      },
      [&](std::uint32_t p, std::uint32_t) { return s[p].accepts; }, budget);
}

}  // namespace ds4::grammar
