// Text to tokens and back: finds added tokens where they may be, cuts the rest into pieces, merges
// within each.
//
//   TRY(auto vocabulary, Vocabulary::build(arrays));
//   const Tokenizer tokenizer(std::move(vocabulary));
//   std::vector<Token> tokens = tokenizer.encode("Hello");
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/joined_text.h"
#include "text/span.h"
#include "text/vocabulary.h"

namespace ds4::text {

struct EncodeOptions {
  // Recognise added tokens in all bytes, as the official tool does, not in trusted spans only.
  bool trust_specials = false;
};

// A token and the input bytes it came from. Where input was invalid UTF-8, the tokens of a U+FFFD
// all have the bytes that it replaced; else the ranges follow one another without gaps.
struct PlacedToken {
  Token token;
  std::size_t begin, end;
  bool operator==(const PlacedToken&) const = default;
};

// Every member is a function of its arguments and the vocabulary; any number of threads may call.
// Texts have under 2^32 bytes (CHECKed). Adds no token that the text does not hold, so no beginning
// of sentence either. Invalid UTF-8 becomes U+FFFD, one per maximal invalid subpart.
class Tokenizer {
 public:
  explicit Tokenizer(Vocabulary vocabulary);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  const Vocabulary& vocabulary() const { return vocabulary_; }

  // Text that nobody vouches for: never yields an added token, whatever it says.
  std::vector<Token> encode(std::string_view text, const EncodeOptions& options = {}) const;

  // Rendered prompt text. An added token is recognised if its whole match lies in trusted bytes;
  // all other bytes between two added tokens are one run, wherever the spans end.
  std::vector<Token> encode_spans(std::span<const Span> spans,
                                  const EncodeOptions& options = {}) const;

  // The same tokens with their places in the input (the spans' bytes one after the other).
  std::vector<PlacedToken> encode_placed(std::string_view text,
                                         const EncodeOptions& options = {}) const;
  std::vector<PlacedToken> encode_spans_placed(std::span<const Span> spans,
                                               const EncodeOptions& options = {}) const;

  // What all of these do: `added` are the matches in `text`, which is valid UTF-8.
  std::vector<Token> encode_joined(std::string_view text,
                                   std::span<const AddedTokens::Match> added) const;

  // The exact bytes, which are UTF-8 if the tokens came from encode. Every token must exist
  // (CHECKed).
  std::string decode(std::span<const Token> tokens) const;

  // The same with each added token as 0xFF and its id in four bytes, little-endian. 0xFF is no
  // UTF-8, so no text can be taken for a control token when histories are compared.
  std::string key_bytes(std::span<const Token> tokens) const;
  // Of the tokens that encode_spans gives, without computing them.
  std::string key_bytes_of_spans(std::span<const Span> spans,
                                 const EncodeOptions& options = {}) const;

  std::string_view token_bytes(Token token) const { return vocabulary_.bytes(token); }
  bool is_added(Token token) const { return vocabulary_.is_added(token); }
  std::optional<Token> find(std::string_view bytes) const { return vocabulary_.find(bytes); }

 private:
  class Workers;

  std::vector<PlacedToken> place(const JoinedText& joined) const;

  Vocabulary vocabulary_;
  std::unique_ptr<Workers> workers_;
};

}  // namespace ds4::text
