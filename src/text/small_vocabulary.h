// A vocabulary of a few hundred tokens, made in code, for tests, fuzzers and tools that need a
// tokenizer but no model.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/byte_alphabet.h"
#include "text/tokenizer_json.h"

namespace ds4::text {

// The bytes have ids 0..255, then the results of the merges, then the special tokens every
// vocabulary has, then `literals`. Each merge joins two tokens, given by their bytes.
inline TokenizerFile small_vocabulary(
    std::initializer_list<std::pair<std::string_view, std::string_view>> merges = {},
    std::initializer_list<std::string_view> literals = {}) {
  TokenizerFile file;
  file.pre = "joyai-llm";
  const auto add = [&file](std::string text, std::int32_t type) {
    file.tokens.push_back(std::move(text));
    file.types.push_back(type);
  };
  for (int byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    add(spell_bytes({&text, 1}), 1);
  }
  for (const auto& [left, right] : merges) {
    add(spell_bytes(left) + spell_bytes(right), 1);
    file.merges.push_back(spell_bytes(left) + " " + spell_bytes(right));
  }
  for (const std::string_view special :
       {"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>",
        "<think>", "</think>", "｜DSML｜"}) {
    add(std::string(special), 3);
  }
  for (const std::string_view literal : literals) add(std::string(literal), 4);
  return file;
}

}  // namespace ds4::text
