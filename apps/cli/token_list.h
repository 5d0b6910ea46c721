// How tokens are shown: by `ds4 tokenize` and `ds4 render`.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "text/tokenizer.h"

namespace ds4::cli {

// One token a line: id, the input bytes it came from (first-behind), the piece in quotes, and
// `added` behind an added token. Columns are aligned.
std::string token_lines(const text::Tokenizer& tokenizer,
                        std::span<const text::PlacedToken> tokens);

// The ids on one line.
std::string id_line(std::span<const text::PlacedToken> tokens);

// [{"id": 5, "text": "a", "begin": 0, "end": 1}, ...]; `hex` where the bytes of a token are not
// UTF-8 by themselves, `added` where it is an added token.
Json tokens_json(const text::Tokenizer& tokenizer, std::span<const text::PlacedToken> tokens);

}  // namespace ds4::cli
