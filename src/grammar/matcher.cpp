#include "grammar/matcher.h"

#include <algorithm>

namespace ds4::grammar {
Matcher::Matcher(MaskCache& cache, std::size_t rollback_tokens)
    : cache_(&cache), history_max_(rollback_tokens) {
  const Grammar& grammar = cache.grammar();
  kernel_.push_back({grammar.start(), frames_.bottom(grammar.depth_max())});
}

const Closure& Matcher::closure() const {
  if (!is_closed_) {
    closure_.find(cache_->grammar(), frames_, kernel_);
    is_closed_ = true;
  }
  return closure_;
}

// Moves on by all of `bytes`, or not at all.
bool Matcher::advance(std::string_view bytes) {
  std::vector<Thread> before = kernel_;
  std::vector<Thread> next;
  for (char c : bytes) {
    step(cache_->grammar(), frames_, closure(), static_cast<std::uint8_t>(c), next);
    is_closed_ = false;
    kernel_.swap(next);
    if (kernel_.empty()) {
      kernel_ = std::move(before);
      return false;
    }
  }
  remember(std::move(before));
  if (frames_.size() > compact_at_) compact();
  return true;
}

void Matcher::remember(std::vector<Thread> kernel) {
  if (history_max_ == 0) return;
  if (history_.size() == history_max_) history_.erase(history_.begin());
  history_.push_back(std::move(kernel));
}

bool Matcher::accept_bytes(std::string_view bytes) {
  return !ended_ && advance(bytes);
}

bool Matcher::accept_token(Token token) {
  const Vocabulary& v = cache_->vocabulary();
  if (ended_ || token >= v.size()) return false;
  if (v.is_end(token)) {
    if (!can_end()) return false;
    remember(kernel_);
    ended_ = true;
    return true;
  }
  const std::string_view bytes = v.spelling(token);
  return !bytes.empty() && advance(bytes);
}

bool Matcher::rollback(std::size_t steps) {
  if (steps > history_.size()) return false;
  if (steps == 0) return true;
  kernel_ = std::move(history_[history_.size() - steps]);
  ended_ = false;  // nothing follows the end, so no step but the last can have ended
  is_closed_ = false;
  history_.resize(history_.size() - steps);
  return true;
}

void Matcher::mask(TokenMask& mask) const {
  mask.clear();
  if (ended_) return;
  cache_->add_allowed(kernel_, frames_, mask);
  if (can_end()) {
    for (Token token : cache_->vocabulary().ends()) mask.allow(token);
  }
}

bool Matcher::allows(Token token) const {
  Matcher copy = *this;
  return copy.accept_token(token);
}

std::string Matcher::forced_bytes(std::size_t limit) const {
  std::string out;
  Matcher copy = *this;
  while (!copy.ended_ && out.size() < limit && !copy.can_end()) {
    int forced = -1;
    for (const Thread& thread : copy.closure().threads) {
      for (const Dfa::Edge& edge : cache_->grammar().edges(thread.state)) {
        if (cache_->grammar().depth_needed(edge.to) > copy.frames_[thread.frame].room) continue;
        if (edge.low != edge.high || (forced >= 0 && forced != edge.low)) return out;
        forced = edge.low;
      }
    }
    const char byte = static_cast<char>(forced);
    if (forced < 0 || !copy.advance({&byte, 1})) return out;
    out += byte;
  }
  return out;
}

std::uint64_t Matcher::distance(const Thread& thread) const {
  const Grammar& grammar = cache_->grammar();
  std::uint64_t bytes = grammar.shortest(thread.state);
  for (std::uint32_t f = thread.frame; !frames_.is_bottom(f); f = frames_[f].parent) {
    bytes += grammar.shortest(frames_[f].state);
  }
  return bytes;
}

std::uint64_t Matcher::shortest_completion_bytes() const {
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  for (const Thread& thread : kernel_) best = std::min(best, distance(thread));
  return best;
}

std::string Matcher::shortest_completion(std::size_t limit) const {
  std::string out;
  const Grammar& grammar = cache_->grammar();
  Matcher copy = *this;
  while (!copy.ended_ && !copy.closure().returns && out.size() < limit) {
    std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
    std::uint8_t byte = 0;
    for (const Thread& thread : copy.closure().threads) {
      for (const Dfa::Edge& edge : grammar.edges(thread.state)) {
        if (grammar.depth_needed(edge.to) > copy.frames_[thread.frame].room) continue;
        const std::uint64_t rest = copy.distance({edge.to, thread.frame});
        // Among equals an ordinary letter is kinder than a control character.
        if (rest < best) {
          best = rest;
          byte = edge.low <= 'a' && 'a' <= edge.high ? 'a' : edge.low;
        }
      }
    }
    const char c = static_cast<char>(byte);
    if (best == std::numeric_limits<std::uint64_t>::max() || !copy.advance({&c, 1})) break;
    out += c;
  }
  return out;
}

// Writes the frames anew that are still in use, and renames them everywhere.
void Matcher::compact() {
  Frames fresh;
  std::vector<std::uint32_t> name(frames_.size(), kNone);
  std::vector<std::uint32_t> chain;
  auto move = [&](std::uint32_t frame) {
    chain.clear();
    for (std::uint32_t f = frame; f != kNone && name[f] == kNone; f = frames_[f].parent) {
      chain.push_back(f);
    }
    for (; !chain.empty(); chain.pop_back()) {
      const Frames::Frame& f = frames_[chain.back()];
      name[chain.back()] =
          f.state == kNone ? fresh.bottom(f.room) : fresh.push(f.state, name[f.parent]);
    }
    return name[frame];
  };
  for (Thread& thread : kernel_) thread.frame = move(thread.frame);
  for (std::vector<Thread>& kernel : history_) {
    for (Thread& thread : kernel) thread.frame = move(thread.frame);
  }
  compact_at_ = std::max(compact_at_, fresh.size() * 2);
  frames_ = std::move(fresh);
  is_closed_ = false;
}

}  // namespace ds4::grammar
