// Encodes a text that grows at its end, touching only the tokens that more text can change.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace ds4::text {

// Holds at every moment the tokens of all spans so far as encode_spans would give them. Starts
// empty; positions directly before or after an added token are safe cuts, so a new encoder may take
// over there. Used by one thread at a time; must not outlive the tokenizer.
class IncrementalEncoder {
 public:
  explicit IncrementalEncoder(const Tokenizer& tokenizer, const EncodeOptions& options = {})
      : tokenizer_(tokenizer), options_(options) {}

  // How the tokens change: the first `keep` stay, `tokens` follow them instead of what was there.
  struct Change {
    std::size_t keep;
    std::vector<Token> tokens;
  };
  // The work is linear in the bytes added plus those of the piece that they continue.
  Change append(std::string_view bytes, bool trusted);

  // How many tokens there are now.
  std::size_t token_count() const { return settled_count_ + tail_tokens_.size(); }

 private:
  const Tokenizer& tokenizer_;
  EncodeOptions options_;
  std::size_t settled_count_ = 0;   // tokens that no more text can change
  std::vector<Span> tail_;          // the input behind them
  std::vector<Token> tail_tokens_;  // its tokens
};

}  // namespace ds4::text
