// Tokens back to text as they are sampled: never half a character, and in the end the same text as
// decoding all at once.
#pragma once

#include <string>

#include "base/utf8_stream.h"
#include "text/tokenizer.h"

namespace ds4::text {

// The text of a sequence of tokens, added tokens as their literals. Must not outlive the tokenizer.
class Detokenizer {
 public:
  explicit Detokenizer(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  // Appends to `out`. The token must exist (CHECKed).
  void push(Token token, std::string& out) { stream_.push(tokenizer_.token_bytes(token), out); }
  void finish(std::string& out) { stream_.finish(out); }

 private:
  const Tokenizer& tokenizer_;
  Utf8Stream stream_;
};

}  // namespace ds4::text
