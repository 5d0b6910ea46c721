// The vocabulary of a model: what bytes each token stands for, which tokens merge, and which are
// added tokens. Built from the plain arrays that a model file or a tokenizer.json holds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "text/added_tokens.h"
#include "text/merge_table.h"
#include "text/token_index.h"

namespace ds4::text {

// As in the file: tokens spelled in the byte alphabet (byte_alphabet.h) or literal, merges as
// "left right". Views need to live only until the vocabulary is built.
struct VocabularyArrays {
  std::span<const std::string_view> tokens;
  std::span<const std::string_view> merges;   // in rank order; may be empty
  std::span<const std::int32_t> token_types;  // 3 and 4 are literal; not needed for V4
  std::string_view pre;                       // names the pre-tokenizer's rules
};

// The added tokens that give a prompt its shape. Every vocabulary has them.
struct SpecialTokens {
  Token begin_of_sentence, end_of_sentence, user, assistant, begin_thinking, end_thinking, dsml;
};

// Immutable once built; any number of threads may read it.
class Vocabulary {
 public:
  // Checks everything the tokenizer relies on; the error names the first thing that is wrong.
  // DeepSeek V4's own vocabulary, known by its number of merges, is held to its published form; any
  // other is taken as the arrays say.
  static Result<Vocabulary> build(const VocabularyArrays& arrays);

  std::size_t size() const { return ends_.size(); }
  bool is_v4() const { return v4_; }
  const SpecialTokens& special() const { return special_; }

  bool contains(Token token) const {
    return token >= 0 && static_cast<std::size_t>(token) < size();
  }
  // The exact bytes of a token (CHECKed to exist); not always valid UTF-8. Added tokens give their
  // literal.
  std::string_view bytes(Token token) const;
  bool is_added(Token token) const;

  // The token of these bytes: an added one if there is one, else a regular one.
  std::optional<Token> find(std::string_view bytes) const;
  std::optional<Token> find_added(std::string_view literal) const { return added_.exact(literal); }

  // In id order.
  const std::vector<Token>& added_tokens() const { return added_list_; }
  // Added tokens that no assistant turn contains: a sampler never picks them.
  const std::vector<Token>& never_sampled() const { return never_sampled_; }
  // Tokens that end an assistant turn when sampled, end of sentence first.
  const std::vector<Token>& stops() const { return stops_; }

  const AddedTokens& added() const { return added_; }
  const MergeTable& merges() const { return merges_; }
  Token byte_token(unsigned char byte) const { return byte_tokens_[byte]; }
  // The rank at which two bytes merge: every piece begins with these, so they have a table.
  std::int32_t byte_pair_rank(unsigned char left, unsigned char right) const {
    return byte_pair_ranks_[std::size_t{left} << 8 | right];
  }

 private:
  Vocabulary() = default;

  Result<void> take_tokens(const VocabularyArrays& arrays);
  Result<void> take_bytes();
  Result<void> take_merges(const VocabularyArrays& arrays);
  Result<void> take_special();
  std::optional<Token> find_regular(std::string_view bytes) const;

  std::string arena_;                // the bytes of all tokens, one after the other
  std::vector<std::uint32_t> ends_;  // [token], in the arena
  std::vector<bool> is_added_;       // [token]
  TokenIndex regular_;               // by bytes
  AddedTokens added_;
  std::vector<Token> added_list_, never_sampled_, stops_;
  std::array<Token, 256> byte_tokens_{};
  MergeTable merges_;
  std::vector<std::int32_t> byte_pair_ranks_;  // [left << 8 | right]
  SpecialTokens special_{};
  bool v4_ = false;
};

}  // namespace ds4::text
