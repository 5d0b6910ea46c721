// The 1 283 added tokens of DeepSeek V4, as data: what a tokenizer file must contain, and what
// turns a V3 file, which lacks the later ones, into V4's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/merge_table.h"

namespace ds4::text {

inline constexpr std::size_t kV4Tokens = 129280;
inline constexpr std::size_t kV4Merges = 127741;
inline constexpr Token kV4FirstByte = 3;        // ids 3..258 are the single bytes
inline constexpr Token kV4FirstMerge = 259;     // merge i makes token 259 + i
inline constexpr Token kV4FirstAdded = 128000;  // added tokens: ids 0..2 and from here on
inline constexpr Token kV3Tokens = 128815;      // where a V3 file ends

inline constexpr bool is_v4_added(Token token) {
  return token < kV4FirstByte || token >= kV4FirstAdded;
}

// The text of an added token; empty for any other id.
std::string v4_added_token(Token token);

struct AddedToken {
  Token token;
  std::string text;
};
// All of them, in id order.
std::vector<AddedToken> v4_added_tokens();

// The ones whose meaning the engine depends on: a vocabulary that has another string at one of
// these ids is not V4's.
const std::vector<Token>& v4_tokens_in_use();

}  // namespace ds4::text
