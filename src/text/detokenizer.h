// Tokens back to text as they are sampled: never half a character, and in the end the same text as
// decoding all at once.
#pragma once

#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace ds4::text {

// Bytes in, valid UTF-8 out. A character is held back until its last byte is there; bytes that
// cannot become one turn into U+FFFD as soon as that is certain, one per maximal invalid subpart.
class Utf8Stream {
 public:
  // Appends to `out` what is complete now.
  void push(std::string_view bytes, std::string& out);
  // The end: a character that lacks bytes becomes U+FFFD. Ready for another text after.
  void finish(std::string& out);

  // The bytes held back, at most three.
  std::string_view pending() const { return pending_; }

 private:
  std::string pending_;
};

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
