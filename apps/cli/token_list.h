// Lists of tokens as people write them, and how commands show them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "text/tokenizer.h"

namespace ds4::cli {

// Ids as people paste them: apart by spaces, line breaks or commas, in brackets or not. All must be
// below `token_count`.
Result<std::vector<text::Token>> read_token_ids(std::string_view text, std::uint64_t token_count);

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
