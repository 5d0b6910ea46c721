// Writes a tokenizer as a tokenizer.json, for tests of whatever reads one.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "text/tokenizer_json.h"

namespace ds4::text {

inline constexpr std::string_view kDeepSeekPreTokenizer = R"({"type":"Sequence","pretokenizers":[
  {"type":"Split","pattern":{"Regex":"\\p{N}{1,3}"},"behavior":"Isolated","invert":false},
  {"type":"Split","pattern":{"Regex":"[一-龥\u3040-ゟ゠-ヿ]+"},"behavior":"Isolated","invert":false},
  {"type":"Split","pattern":{"Regex":"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},
  {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]})";

// A tokenizer.json that says the same as `file`.
inline Json tokenizer_json_of(const TokenizerFile& file, bool pairs = false) {
  Json vocabulary = Json::object(), merges = Json::array(), added = Json::array();
  for (std::size_t i = 0; i < file.tokens.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    if (file.types[i] == 1) {
      vocabulary.as_object().emplace_back(file.tokens[i], Json(id));
    } else {
      added.push(Json(Json::Object{{"id", Json(id)},
                                   {"content", Json(file.tokens[i])},
                                   {"lstrip", Json(false)},
                                   {"special", Json(file.types[i] == 3)}}));
    }
  }
  for (const std::string& merge : file.merges) {
    const std::size_t space = merge.find(' ');
    merges.push(pairs
                    ? Json(Json::Array{Json(merge.substr(0, space)), Json(merge.substr(space + 1))})
                    : Json(merge));
  }
  return Json(Json::Object{
      {"version", Json("1.0")},
      {"added_tokens", added},
      {"normalizer", Json()},
      {"pre_tokenizer", *parse_json(kDeepSeekPreTokenizer)},
      {"model",
       Json(Json::Object{{"type", Json("BPE")}, {"vocab", vocabulary}, {"merges", merges}})}});
}

}  // namespace ds4::text
