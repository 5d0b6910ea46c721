#include "text/bpe.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace ds4::text {

namespace {

constexpr std::int32_t kNone = MergeTable::kNone;

// Up to here, looking at every pair for each merge is faster than keeping a heap.
constexpr std::size_t kShort = 64;

void append_short(const Vocabulary& vocabulary, std::string_view piece, std::vector<Token>& out) {
  const MergeTable& merges = vocabulary.merges();
  Token tokens[kShort];
  std::int32_t ranks[kShort];  // [i] of tokens i and i + 1
  std::size_t count = piece.size();
  for (std::size_t i = 0; i < count; ++i) {
    tokens[i] = vocabulary.byte_token(static_cast<unsigned char>(piece[i]));
  }
  for (std::size_t i = 0; i + 1 < count; ++i) {
    ranks[i] = vocabulary.byte_pair_rank(static_cast<unsigned char>(piece[i]),
                                         static_cast<unsigned char>(piece[i + 1]));
  }

  while (count > 1) {
    std::int32_t lowest = kNone;
    for (std::size_t i = 0; i + 1 < count; ++i) lowest = std::min(lowest, ranks[i]);
    if (lowest == kNone) break;
    std::size_t at = 0;
    while (ranks[at] != lowest) ++at;

    tokens[at] = merges.result(lowest);
    if (at + 2 < count) merges.prefetch(tokens[at], tokens[at + 2]);
    if (at > 0) merges.prefetch(tokens[at - 1], tokens[at]);
    std::copy(tokens + at + 2, tokens + count, tokens + at + 1);
    if (at + 2 < count) std::copy(ranks + at + 2, ranks + count - 1, ranks + at + 1);
    --count;
    if (at + 1 < count) ranks[at] = merges.rank(tokens[at], tokens[at + 1]);
    if (at > 0) ranks[at - 1] = merges.rank(tokens[at - 1], tokens[at]);
  }
  out.insert(out.end(), tokens, tokens + count);
}

// Tokens are linked by the position of their first byte. The heap may hold entries whose pair is
// gone: one counts only while its rank is the pair's present one.
void append_long(const Vocabulary& vocabulary, std::string_view piece, BpeScratch& s,
                 std::vector<Token>& out) {
  const MergeTable& merges = vocabulary.merges();
  const auto count = static_cast<std::uint32_t>(piece.size());
  s.tokens.resize(count);
  s.ranks.resize(count);
  s.next.resize(count);
  s.previous.resize(count);
  s.heap.clear();
  const auto entry = [&s](std::uint32_t at) {
    return std::uint64_t{static_cast<std::uint32_t>(s.ranks[at])} << 32 | at;
  };

  for (std::uint32_t at = 0; at < count; ++at) {
    s.tokens[at] = vocabulary.byte_token(static_cast<unsigned char>(piece[at]));
    s.next[at] = at + 1;
    s.previous[at] = at - 1;  // never read at 0
  }
  for (std::uint32_t at = 0; at < count; ++at) {
    s.ranks[at] = at + 1 < count
                      ? vocabulary.byte_pair_rank(static_cast<unsigned char>(piece[at]),
                                                  static_cast<unsigned char>(piece[at + 1]))
                      : kNone;
    if (s.ranks[at] != kNone) s.heap.push_back(entry(at));
  }
  std::make_heap(s.heap.begin(), s.heap.end(), std::greater<>());

  const auto rank_again = [&](std::uint32_t at) {
    const std::uint32_t right = s.next[at];
    s.ranks[at] = right < count ? merges.rank(s.tokens[at], s.tokens[right]) : kNone;
    if (s.ranks[at] == kNone) return;
    s.heap.push_back(entry(at));
    std::push_heap(s.heap.begin(), s.heap.end(), std::greater<>());
  };
  while (!s.heap.empty()) {
    std::pop_heap(s.heap.begin(), s.heap.end(), std::greater<>());
    const auto at = static_cast<std::uint32_t>(s.heap.back());
    const auto rank = static_cast<std::int32_t>(s.heap.back() >> 32);
    s.heap.pop_back();
    if (s.ranks[at] != rank) continue;

    const std::uint32_t gone = s.next[at];
    s.tokens[at] = merges.result(rank);
    s.next[at] = s.next[gone];
    s.ranks[gone] = kNone;
    if (s.next[at] < count) s.previous[s.next[at]] = at;
    rank_again(at);
    if (at > 0) rank_again(s.previous[at]);
  }
  for (std::uint32_t at = 0; at < count; at = s.next[at]) out.push_back(s.tokens[at]);
}

}  // namespace

void append_bpe(const Vocabulary& vocabulary, std::string_view piece, BpeScratch& scratch,
                std::vector<Token>& out) {
  CHECK(piece.size() < UINT32_MAX);
  if (piece.size() <= kShort) {
    append_short(vocabulary, piece, out);
  } else {
    append_long(vocabulary, piece, scratch, out);
  }
}

}  // namespace ds4::text
