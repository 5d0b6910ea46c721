// Any bytes: the pieces cover the text, splitting is the same from every piece on, encoding gives
// the text back and is the same in parts as in one.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/utf8.h"
#include "text/incremental_encoder.h"
#include "text/pretokenizer.h"
#include "text/small_vocabulary.h"

using namespace ds4;
using namespace ds4::text;

namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer made(*small_vocabulary({{"a", "b"},
                                                 {" ", " "},
                                                 {"  ", "  "},
                                                 {"t", "h"},
                                                 {"th", "e"},
                                                 {" ", "the"},
                                                 {"\xE4", "\xB8"},
                                                 {"\n", "\n"}},
                                                {"<a>", "<a>b", " <", "12"})
                                   .build());
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string valid = to_valid_utf8(bytes);
  CHECK(is_valid_utf8(valid));

  std::string_view rest = valid;
  for (const std::string_view piece : split_pieces(valid)) {
    CHECK(!piece.empty() && piece.data() == rest.data() && is_valid_utf8(piece));
    CHECK(first_piece(rest) == piece.size());
    rest.remove_prefix(piece.size());
  }
  CHECK(rest.empty());

  const std::vector<Token> plain = tokenizer().encode(bytes);
  CHECK(tokenizer().decode(plain) == valid);
  for (const Token token : plain) CHECK(!tokenizer().is_added(token));

  // The first byte says where the spans end and which of them are trusted.
  if (size < 2) return 0;
  const std::size_t step = 1 + data[0] % 13;
  std::vector<Span> spans;
  for (std::size_t at = 1; at < size; at += step) {
    spans.push_back({std::string(bytes.substr(at, step)), (data[0] >> at % 8 & 1) != 0});
  }
  if (spans.size() > 64) return 0;
  IncrementalEncoder encoder(tokenizer());
  std::vector<Token> grown;
  for (const Span& span : spans) {
    const auto change = encoder.append(span.bytes, span.trusted);
    grown.resize(change.keep);
    grown.insert(grown.end(), change.tokens.begin(), change.tokens.end());
  }
  CHECK(grown == tokenizer().encode_spans(spans));
  CHECK(tokenizer().key_bytes(grown) == tokenizer().key_bytes_of_spans(spans));
  return 0;
}
