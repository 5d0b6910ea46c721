// Finds a token by its bytes: a flat hash table over texts that live elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "text/merge_table.h"

namespace ds4::text {

class TokenIndex {
 public:
  explicit TokenIndex(std::size_t count = 0);

  // `text_of(token)` gives the bytes of every token added so far. Returns the token that already
  // has these bytes, if there is one, and adds nothing then.
  template <class TextOf>
  std::optional<Token> add(std::string_view text, Token token, const TextOf& text_of) {
    const std::uint64_t tag = tag_of(text);
    const std::size_t slot = find_slot(text, tag, text_of);
    if (slots_[slot] != kEmpty) return token_in(slot);
    slots_[slot] = (tag & ~kTokenMask) | static_cast<std::uint32_t>(token);
    return std::nullopt;
  }

  template <class TextOf>
  std::optional<Token> find(std::string_view text, const TextOf& text_of) const {
    const std::size_t slot = find_slot(text, tag_of(text), text_of);
    if (slots_[slot] == kEmpty) return std::nullopt;
    return token_in(slot);
  }

 private:
  // A slot holds the upper bits of the hash and the token.
  static constexpr std::uint64_t kTokenMask = (std::uint64_t{1} << 32) - 1;
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

  static std::uint64_t tag_of(std::string_view text);
  Token token_in(std::size_t slot) const {
    return static_cast<Token>(static_cast<std::uint32_t>(slots_[slot] & kTokenMask));
  }

  template <class TextOf>
  std::size_t find_slot(std::string_view text, std::uint64_t tag, const TextOf& text_of) const {
    std::size_t slot = static_cast<std::size_t>(tag >> shift_);
    for (; slots_[slot] != kEmpty; slot = (slot + 1) & mask_) {
      if ((slots_[slot] & ~kTokenMask) == (tag & ~kTokenMask) && text_of(token_in(slot)) == text) {
        break;
      }
    }
    return slot;
  }

  std::vector<std::uint64_t> slots_;  // a power of two, at most half full
  std::size_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace ds4::text
