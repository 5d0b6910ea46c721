// Remembers the tokens of short pieces: words repeat, and finding one again is much cheaper than
// merging it anew.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "text/merge_table.h"

namespace ds4::text {

// A fixed table in sets of two, each set in the order of last use; an entry fills a cache line.
// Used by one thread at a time.
class PieceCache {
 public:
  static constexpr std::size_t kPieceMax = 32;  // bytes
  static constexpr std::size_t kTokensMax = 7;

  struct alignas(64) Entry {
    std::array<std::uint64_t, 4> piece;  // padded with zeros
    std::uint8_t size;
    std::uint8_t token_count;
    std::array<Token, kTokensMax> tokens;
  };
  static_assert(sizeof(Entry) == 64);

  // A piece ready to be looked up.
  struct Key {
    std::array<std::uint64_t, 4> piece;
    std::size_t size;
    std::size_t set;
    std::uint16_t tag;  // never 0
  };

  // Zeroed pages of the system's, so that a short text pays for the few entries that it touches.
  PieceCache() : memory_(std::calloc(1, kSets * 2 * sizeof(Entry) + alignof(Entry))) {
    if (!memory_) return;  // works, and remembers nothing
    void* start = memory_.get();
    std::size_t space = kSets * 2 * sizeof(Entry) + alignof(Entry);
    entries_ =
        static_cast<Entry*>(std::align(alignof(Entry), kSets * 2 * sizeof(Entry), start, space));
  }

  // `piece` has 1 to kPieceMax bytes and lies in a buffer that ends at `buffer_end`.
  static Key key(std::string_view piece, const char* buffer_end) {
    Key key{{}, piece.size(), 0, 0};
    if (static_cast<std::size_t>(buffer_end - piece.data()) >= kPieceMax) {
      // Load all 32 bytes and clear those behind the piece: no branch on the size.
      std::memcpy(key.piece.data(), piece.data(), kPieceMax);
      for (std::size_t word = 0; word < 4; ++word) key.piece[word] &= mask(piece.size(), word);
    } else {
      std::memcpy(key.piece.data(), piece.data(), piece.size());
    }
    constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
    std::uint64_t hash = (key.piece[0] ^ piece.size()) * kMultiplier;
    if (piece.size() > 8) {
      for (std::size_t word = 1; word < 4; ++word) {
        hash = ((hash ^ (hash >> 29)) + key.piece[word]) * kMultiplier;
      }
    }
    key.set = static_cast<std::size_t>(hash >> (64 - kSetBits));
    key.tag = static_cast<std::uint16_t>((hash >> (48 - kSetBits)) | 1);
    return key;
  }

  // Null if the piece is not known. Valid until the next call.
  const Entry* find(const Key& key) {
    if (!entries_) return nullptr;
    Set& set = sets_[key.set];
    for (std::uint16_t way = 0; way < 2; ++way) {
      if (set.tags[way] != key.tag || !equal(entries_[2 * key.set + way], key)) continue;
      if (set.recent != way) set.recent = way;
      return &entries_[2 * key.set + way];
    }
    return nullptr;
  }

  // Takes the place of the set's less recently used entry if the piece was the last to be refused
  // here; refuses it else, and always when there are too many tokens to keep.
  void insert(const Key& key, const Token* tokens, std::size_t count) {
    if (!entries_ || count > kTokensMax) return;
    Set& set = sets_[key.set];
    if (set.refused != key.tag) {
      set.refused = key.tag;
      return;
    }
    const auto way = static_cast<std::uint16_t>(1 - set.recent);
    set.tags[way] = key.tag;
    set.recent = way;
    Entry& entry = entries_[2 * key.set + way];
    entry.piece = key.piece;
    entry.size = static_cast<std::uint8_t>(key.size);
    entry.token_count = static_cast<std::uint8_t>(count);
    std::copy(tokens, tokens + count, entry.tokens.begin());
  }

 private:
  static constexpr int kSetBits = 15;
  static constexpr std::size_t kSets = std::size_t{1} << kSetBits;  // 4 MiB of entries

  // The bits of word `word` that belong to a piece of `size` bytes.
  static std::uint64_t mask(std::size_t size, std::size_t word) {
    if (size >= 8 * word + 8) return ~std::uint64_t{0};
    if (size <= 8 * word) return 0;
    return ~std::uint64_t{0} >> (64 - 8 * (size - 8 * word));
  }
  static bool equal(const Entry& entry, const Key& key) {
    if (entry.size != key.size || entry.piece[0] != key.piece[0]) return false;
    return key.size <= 8 || (entry.piece[1] == key.piece[1] && entry.piece[2] == key.piece[2] &&
                             entry.piece[3] == key.piece[3]);
  }

  struct Set {
    std::array<std::uint16_t, 2> tags;  // of its two entries; 0: empty
    std::uint16_t refused;              // the tag of the last piece that did not enter
    std::uint16_t recent;               // which entry was used last
  };

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
  std::vector<Set> sets_ = std::vector<Set>(kSets);
  Entry* entries_ = nullptr;  // in memory_, each on its own cache line
};

}  // namespace ds4::text
