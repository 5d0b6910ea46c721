#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::text {
namespace {

Json vectors(const std::string& name) {
  auto file = parse_json(read_whole_file(DS4_SOURCE_DIR "/tests/vectors/tokenizer/" + name));
  EXPECT_TRUE(file.ok());
  return *file->find("cases");
}

std::vector<Token> tokens_of(const Json* list) {
  std::vector<Token> tokens;
  for (const Json& token : list->as_array()) tokens.push_back(static_cast<Token>(*token.as_int()));
  return tokens;
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(tokenizer_v4, encodes_the_text_vectors) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer& tokenizer = v4_tokenizer();
  int broken = 0;
  const Json cases = vectors("text.json");
  for (const Json& test : cases.as_array()) {
    const std::string& text = test.find("text")->as_string();
    const Json* hex = test.find("bytes_hex");
    const std::string input = hex == nullptr ? text : from_hex(hex->as_string());
    broken += hex != nullptr;
    const std::vector<Token> expected = tokens_of(test.find("ids"));
    EXPECT_EQ(tokenizer.encode(input), expected) << test.find("id")->as_string();
    EXPECT_EQ(tokenizer.encode(input, {.trust_specials = true}), expected);
    EXPECT_EQ(tokenizer.decode(expected), text);
  }
  EXPECT_GT(broken, 0);
}

TEST(tokenizer_v4, recognises_added_tokens_as_the_vectors) {
  DS4_NEED_V4_VOCABULARY();
  const Json cases = vectors("special.json");
  for (const Json& test : cases.as_array()) {
    const std::string& text = test.find("text")->as_string();
    const std::vector<Token> special = tokens_of(test.find("ids_special"));
    EXPECT_EQ(v4_tokenizer().encode(text, {.trust_specials = true}), special) << text;
    EXPECT_EQ(v4_tokenizer().encode_spans(std::vector<Span>{{text, true}}), special) << text;
    const std::vector<Token> plain = tokens_of(test.find("ids_plain"));
    EXPECT_EQ(v4_tokenizer().encode(text), plain) << text;
    EXPECT_EQ(v4_tokenizer().encode_spans(std::vector<Span>{{text, false}}), plain) << text;
  }
}

}  // namespace
}  // namespace ds4::text
