#include "convert/standin_vocabulary.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "convert/tokenizer_keys.h"
#include "text/byte_alphabet.h"
#include "text/v4_added_tokens.h"

namespace ds4::convert {

namespace {

constexpr std::int32_t kNormal = 1;
constexpr std::int32_t kControl = 3;

// In a small vocabulary: what a prompt is made of. The first three come first, as in V4.
constexpr std::string_view kFirst[] = {"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>",
                                       "<｜▁pad▁｜>"};
constexpr std::string_view kLast[] = {"<｜User｜>", "<｜Assistant｜>", "<think>",
                                      "</think>",   "｜DSML｜",        "<｜latest_reminder｜>"};

// By how often they occur in English; a space only ever begins a word.
constexpr std::string_view kLetters = " etaoinshrdlucmfwypvbgkjqxz";

struct Arrays : text::TokenizerFile {
  Arrays() { pre = "joyai-llm"; }

  void add(std::string token, std::int32_t type) {
    tokens.push_back(std::move(token));
    types.push_back(type);
  }
  void merge(const std::string& left, const std::string& right) {
    merges.push_back(left + ' ' + right);
    add(left + right, kNormal);
  }
};

// Runs of two letters, then of three, then of four, each made of two earlier tokens.
void add_merges(Arrays& out, std::size_t count) {
  std::vector<std::string> letters, pairs;
  for (const char letter : kLetters) letters.push_back(text::spell_bytes({&letter, 1}));
  const std::size_t end = out.merges.size() + count;
  for (const std::string& a : letters) {
    for (std::size_t b = 1; b < letters.size(); ++b) pairs.push_back(a + letters[b]);
  }
  for (const std::string& a : letters) {
    for (std::size_t b = 1; b < letters.size() && out.merges.size() < end; ++b) {
      out.merge(a, letters[b]);
    }
  }
  for (const std::string& pair : pairs) {
    for (std::size_t b = 1; b < letters.size() && out.merges.size() < end; ++b) {
      out.merge(pair, letters[b]);
    }
  }
  for (const std::string& left : pairs) {
    for (const std::string& right : pairs) {
      if (out.merges.size() == end) return;
      if (right.compare(0, letters[0].size(), letters[0]) != 0) out.merge(left, right);
    }
  }
}

void add_bytes(Arrays& out) {
  for (const std::uint8_t byte : text::bytes_in_token_order()) {
    const char c = static_cast<char>(byte);
    out.add(text::spell_bytes({&c, 1}), kNormal);
  }
}

Arrays v4_layout() {
  Arrays out;
  const auto added = text::v4_added_tokens();
  for (const auto& token : added) {
    if (token.token < text::kV4FirstByte) out.add(token.text, kControl);
  }
  add_bytes(out);
  add_merges(out, text::kV4Merges);
  for (const auto& token : added) {
    if (token.token >= text::kV4FirstAdded) out.add(token.text, kControl);
  }
  return out;
}

Arrays small_layout(std::size_t size) {
  Arrays out;
  for (const std::string_view token : kFirst) out.add(std::string(token), kControl);
  add_bytes(out);
  add_merges(out, size - out.tokens.size() - std::size(kLast));
  // A size beyond what the letters give is filled with reserved tokens.
  for (std::size_t i = 0; out.tokens.size() + std::size(kLast) < size; ++i) {
    out.add("<｜place▁holder▁no▁" + std::to_string(i) + "｜>", kControl);
  }
  for (const std::string_view token : kLast) out.add(std::string(token), kControl);
  return out;
}

}  // namespace

void put_standin_vocabulary(gguf::MetadataBytes& keys, std::uint32_t size) {
  const std::size_t least = std::size(kFirst) + 256 + std::size(kLast);
  if (size < least) {
    put_no_tokenizer(keys);
    return;
  }
  const Arrays arrays = size == text::kV4Tokens ? v4_layout() : small_layout(size);
  const auto put = put_tokenizer_keys(keys, arrays);
  CHECK(put.ok());  // the arrays are made here, by the same rules
}

}  // namespace ds4::convert
