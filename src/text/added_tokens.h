// Finds added tokens in text: literal strings with ids of their own, matched before BPE, at each
// position the longest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/merge_table.h"

namespace ds4::text {

// A trie over the literals. No literal is longer than kLiteralMax, which bounds the work a byte can
// cause: a search reads each byte at most that often, and far less with real markers, since they
// start with a byte that is rare within them.
class AddedTokens {
 public:
  static constexpr std::size_t kLiteralMax = 256;

  AddedTokens() : nodes_(1) {}

  // `literal` has 1 to kLiteralMax bytes (CHECKed). False if it is there already.
  bool add(std::string_view literal, Token token);

  struct Match {
    std::size_t at, size;
    Token token;
  };
  // The leftmost match at or after `from`, the longest one there.
  std::optional<Match> find(std::string_view text, std::size_t from = 0) const;

  // The first position at or after `from` from which more text could still make a match, or a
  // longer one; text.size() if there is none.
  std::size_t first_unsettled(std::string_view text, std::size_t from = 0) const;

  std::optional<Token> exact(std::string_view literal) const;

 private:
  struct Node {
    std::uint32_t child = 0;    // the first one; 0 for none
    std::uint32_t sibling = 0;  // the next one
    Token token = -1;           // of the literal that ends here
    std::uint8_t byte = 0;
  };

  std::uint32_t child(std::uint32_t node, char byte) const;

  std::vector<Node> nodes_;                  // [0] is the root
  std::array<std::uint32_t, 256> starts_{};  // the root's children
};

}  // namespace ds4::text
