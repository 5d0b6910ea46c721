// The tokens as a byte trie, built once per model and shared by all grammars.
//
// The tokens below a node are a range of one list, so that taking a whole subtree is filling bits.
// A control token that a grammar may ask for (a mark, such as the tool-call mark) is spelled
// kMarkByte and then its name: no UTF-8 text holds that byte, so neither plain tokens nor bytes can
// forge a mark.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"

namespace ds4::grammar {

using Token = std::uint32_t;

inline constexpr char kMarkByte = '\xFF';

struct VocabularyOptions {
  std::span<const Token> never = {};  // never allowed under a grammar: control tokens, padding
  std::span<const Token> marks = {};  // matched as kMarkByte + their text
  std::span<const Token> ends = {};   // end the text; allowed exactly where the grammar may end
};

class Vocabulary {
 public:
  static constexpr std::size_t kTokenBytesMax = 4096;

  // `tokens[id]` are the bytes of each token. Empty tokens, and those holding kMarkByte without
  // being marks, are never allowed. The bytes are copied.
  static Result<Vocabulary> build(std::span<const std::string_view> tokens,
                                  const VocabularyOptions& options);

  // All that a walk asks of a node. Siblings stand side by side, so that looking at them is a scan.
  struct Node {
    std::uint64_t groups = 0;  // of characters that occur below; see group_of_byte()
    std::uint32_t first_child = 0;
    // Ranges of order(): the tokens that end here, and after them those that go on.
    std::uint32_t first_token = 0, own_end = 0, end_token = 0;
    std::uint16_t child_count = 0;
    std::uint16_t height = 0;  // the most characters that follow below
    std::uint8_t byte = 0;
  };

  std::size_t size() const { return begin_.size() - 1; }
  std::size_t words() const { return (size() + 63) / 64; }  // of a mask
  std::size_t longest() const { return longest_; }
  // The bytes a token stands for in a grammar; empty if it is never allowed.
  std::string_view spelling(Token token) const {
    return std::string_view(bytes_).substr(begin_[token], begin_[token + 1] - begin_[token]);
  }
  std::span<const Token> ends() const { return ends_; }
  bool is_end(Token token) const;

  // The trie: node 0 is the root.
  const Node& node(std::size_t index) const { return nodes_[index]; }
  std::size_t node_count() const { return nodes_.size(); }
  std::span<const Token> order() const { return order_; }

  // The place of each token in order(); those never allowed have the place order().size().
  std::span<const std::uint32_t> places() const { return places_; }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> begin_;  // [tokens + 1], into bytes_
  std::vector<Token> ends_, order_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> places_;
  std::size_t longest_ = 0;
};

// Groups of bytes that automata seldom tell apart. Bit kUtf8Group stands for whole characters of
// two bytes and more, bit kBrokenGroup for everything else.
inline constexpr unsigned kUtf8Group = 62;
inline constexpr unsigned kBrokenGroup = 63;
unsigned group_of_byte(std::uint8_t ascii);
// The length of the valid UTF-8 character that `text` begins with, or 0.
std::size_t utf8_length(std::string_view text);

}  // namespace ds4::grammar
