// Which two adjacent tokens merge, in what order, and into what: one flat hash table with a word
// per merge.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ds4::text {

using Token = std::int32_t;

// Ids and ranks take 21 bits each, so that a pair and its rank fill a word.
inline constexpr int kTokenBits = 21;
inline constexpr std::size_t kTokensMax = (std::size_t{1} << kTokenBits) - 1;

class MergeTable {
 public:
  static constexpr std::int32_t kNone = INT32_MAX;

  // Room for `count` merges, at most kTokensMax (CHECKed).
  explicit MergeTable(std::size_t count = 0);

  // Appends the merge of the next rank. False, and nothing added, if the pair is there already.
  bool add(Token left, Token right, Token result);

  std::size_t size() const { return results_.size(); }
  Token result(std::int32_t rank) const {
    // In a trained vocabulary the results are numbered as the merges: nothing to look up.
    return consecutive_ ? first_result_ + rank : results_[static_cast<std::size_t>(rank)];
  }

  // Fetches what rank() will look at, so that two looks can wait at the same time.
  void prefetch(Token left, Token right) const {
    if (has(lefts_, left) && has(rights_, right)) {
      __builtin_prefetch(&slots_[slot_of(key_of(left, right))]);
    }
  }

  // The rank of the pair, kNone if it does not merge. Lower ranks merge first.
  std::int32_t rank(Token left, Token right) const {
    // Most tokens begin no merge or end none: two small bitmaps answer for most pairs, and spare a
    // look into the table, which is far larger than the nearest cache.
    if (!has(lefts_, left) || !has(rights_, right)) return kNone;
    const std::uint64_t key = key_of(left, right);
    for (std::size_t slot = slot_of(key);; slot = (slot + 1) & mask_) {
      const std::uint64_t entry = slots_[slot];
      if (entry >> kTokenBits == key) return static_cast<std::int32_t>(entry & kRankMask);
      if (entry == kEmpty) return kNone;
    }
  }

 private:
  static constexpr std::uint64_t kRankMask = (std::uint64_t{1} << kTokenBits) - 1;
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

  static bool has(const std::vector<std::uint64_t>& set, Token token) {
    const auto index = static_cast<std::size_t>(token);
    return index / 64 < set.size() && (set[index / 64] >> index % 64 & 1) != 0;
  }
  static void put(std::vector<std::uint64_t>& set, Token token) {
    const auto index = static_cast<std::size_t>(token);
    if (index / 64 >= set.size()) set.resize(index / 64 + 1);
    set[index / 64] |= std::uint64_t{1} << index % 64;
  }

  static std::uint64_t key_of(Token left, Token right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << kTokenBits |
           static_cast<std::uint32_t>(right);
  }
  std::size_t slot_of(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15u) >> shift_);
  }

  std::vector<std::uint64_t> slots_;           // a power of two, at most half full
  std::vector<Token> results_;                 // [rank]
  std::vector<std::uint64_t> lefts_, rights_;  // the tokens that are one half of a merge
  std::size_t mask_ = 0;
  int shift_ = 0;
  bool consecutive_ = true;  // result(rank) = first_result_ + rank
  Token first_result_ = 0;
};

}  // namespace ds4::text
