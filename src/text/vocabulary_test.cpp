#include "text/vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "text/byte_alphabet.h"
#include "text/small_vocabulary.h"
#include "text/v4_added_tokens.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::text {
namespace {

// The error that a change to a good vocabulary causes.
std::string error_after(TokenizerFile file, const std::function<void(TokenizerFile&)>& change) {
  change(file);
  const Result<Vocabulary> vocabulary = file.build();
  return vocabulary ? "no error" : vocabulary.error().message;
}

TEST(byte_alphabet, spells_every_byte_and_back) {
  std::set<std::string> letters;
  for (int byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    const std::string letter = spell_bytes({&text, 1});
    letters.insert(letter);
    std::string back;
    ASSERT_TRUE(append_spelled_bytes(back, letter));
    EXPECT_EQ(back, std::string(1, text));
  }
  EXPECT_EQ(letters.size(), 256u);
  EXPECT_EQ(spell_bytes(" \n\t!\x7F\xA0\xAD"), "ĠĊĉ!ġłŃ");
  std::string bytes;
  for (const char* wrong : {" ", "\u0144", "｜", "\xC4", "\xFF", "\xAD"}) {
    EXPECT_FALSE(append_spelled_bytes(bytes, wrong)) << wrong;
  }
}

TEST(vocabulary, takes_any_small_one_as_the_file_says) {
  const TokenizerFile file = small_vocabulary({{"a", "b"}, {"ab", "c"}}, {"<|tool|>"});
  const auto vocabulary = file.build();
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_FALSE(vocabulary->is_v4());
  EXPECT_EQ(vocabulary->size(), 266u);
  EXPECT_EQ(vocabulary->bytes(257), "abc");
  EXPECT_EQ(vocabulary->find("abc"), 257);
  EXPECT_EQ(vocabulary->find("<think>"), 262);
  EXPECT_EQ(vocabulary->find("<｜pad｜>"), std::nullopt);
  EXPECT_TRUE(vocabulary->is_added(265));
  EXPECT_FALSE(vocabulary->is_added(257));
  EXPECT_EQ(vocabulary->special().begin_of_sentence, 258);
  EXPECT_EQ(vocabulary->special().dsml, 264);
  EXPECT_EQ(vocabulary->never_sampled(), (std::vector<Token>{258, 265}));
  EXPECT_EQ(vocabulary->stops(), (std::vector<Token>{259, 260, 261, 258}));
  EXPECT_EQ(vocabulary->merges().rank('a', 'b'), 0);
  EXPECT_EQ(vocabulary->merges().rank('b', 'a'), MergeTable::kNone);
}

TEST(vocabulary, names_the_first_thing_wrong) {
  const TokenizerFile good = small_vocabulary({{"a", "b"}});
  ASSERT_TRUE(good.build().ok());
  EXPECT_EQ(error_after(good, [](auto& f) { f.pre = "llama-bpe"; }),
            "unknown pre-tokenizer \"llama-bpe\"; known are joyai-llm and deepseek-v3");
  EXPECT_EQ(error_after(good, [](auto& f) { f.pre = "deepseek-v3"; }), "no error");
  EXPECT_EQ(error_after(good, [](auto& f) { f.types.pop_back(); }),
            "263 token types for 264 tokens");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[7] = ""; }),
            "token 7 has 0 bytes, expected 1 to 4096");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[7] = "a b"; }),
            "token 7 \"a b\" holds a character that stands for no byte");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[7] = "A"; }),
            "tokens 7 and 65 are both \"A\"");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[7] = "xyz"; }),
            "no token for the byte 7; a byte-level vocabulary has all 256");
  EXPECT_EQ(error_after(good, [](auto& f) { f.merges[0] = "ab"; }),
            "merge 0 \"ab\" is not \"left right\"");
  EXPECT_EQ(error_after(good, [](auto& f) { f.merges[0] = "a bc"; }),
            "merge 0 \"a bc\": its right half is no token");
  EXPECT_EQ(error_after(good, [](auto& f) { f.merges[0] = "b a"; }),
            "merge 0 \"b a\" gives no token");
  EXPECT_EQ(error_after(good, [](auto& f) { f.merges.push_back("a b"); }),
            "merge 1 \"a b\" exists twice");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[260] = "<｜User｜>"; }),
            "added token 260 \"<｜User｜>\" exists twice");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[259] = "\xFF"; }),
            "added token 259 \"\\xff\" is no UTF-8 of at most 256 bytes");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[263] = "DSML"; }),
            "the vocabulary lacks the added token ｜DSML｜");
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens.clear(); }), "the vocabulary has no tokens");
}

TEST(v4_added_tokens, are_the_published_table) {
  const std::vector<AddedToken> all = v4_added_tokens();
  EXPECT_EQ(all.size(), 1283u);
  std::set<std::string> texts;
  for (const AddedToken& added : all) {
    EXPECT_FALSE(added.text.empty()) << added.token;
    texts.insert(added.text);
  }
  EXPECT_EQ(texts.size(), all.size());
  EXPECT_EQ(v4_added_token(128000), "<｜place▁holder▁no▁0｜>");
  EXPECT_EQ(v4_added_token(128799), "<｜place▁holder▁no▁799｜>");
  EXPECT_EQ(v4_added_token(128847), "<|place_holder_mm_span_0021|>");
  EXPECT_EQ(v4_added_token(129261), "<|place_holder_mm_span_0435|>");
  EXPECT_EQ(v4_added_token(129279), "<｜image｜>");
  EXPECT_EQ(v4_added_token(3), "");
  EXPECT_EQ(v4_added_token(129280), "");
}

TEST(vocabulary_v4, has_its_published_form) {
  DS4_NEED_V4_VOCABULARY();
  const Vocabulary& vocabulary = v4_tokenizer().vocabulary();
  EXPECT_TRUE(vocabulary.is_v4());
  EXPECT_EQ(vocabulary.size(), kV4Tokens);
  EXPECT_EQ(vocabulary.merges().size(), kV4Merges);
  EXPECT_EQ(vocabulary.byte_token('!'), 3);
  EXPECT_EQ(vocabulary.byte_token('<'), 30);
  EXPECT_EQ(vocabulary.byte_token(' '), 223);
  EXPECT_EQ(vocabulary.byte_token('\n'), 201);
  EXPECT_EQ(vocabulary.added_tokens().size(), 1283u);
  for (const AddedToken& added : v4_added_tokens()) {
    EXPECT_EQ(vocabulary.find(added.text), added.token);
    EXPECT_EQ(vocabulary.bytes(added.token), added.text);
    EXPECT_TRUE(vocabulary.is_added(added.token));
  }
  int broken = 0;
  std::size_t longest = 0;
  for (Token token = 3; token < kV4FirstAdded; ++token) {
    EXPECT_EQ(vocabulary.find(vocabulary.bytes(token)), token);
    broken += !is_valid_utf8(vocabulary.bytes(token));
    longest = std::max(longest, vocabulary.bytes(token).size());
  }
  EXPECT_EQ(broken, 1470);
  EXPECT_EQ(longest, 128u);
  EXPECT_EQ(vocabulary.special().begin_of_sentence, 0);
  EXPECT_EQ(vocabulary.special().end_of_sentence, 1);
  EXPECT_EQ(vocabulary.special().user, 128803);
  EXPECT_EQ(vocabulary.special().assistant, 128804);
  EXPECT_EQ(vocabulary.special().begin_thinking, 128821);
  EXPECT_EQ(vocabulary.special().end_thinking, 128822);
  EXPECT_EQ(vocabulary.special().dsml, 128825);
}

TEST(vocabulary_v4, masks_what_an_assistant_never_says) {
  DS4_NEED_V4_VOCABULARY();
  std::vector<Token> masked;
  const auto range = [&masked](Token first, Token last) {
    for (Token token = first; token <= last; ++token) masked.push_back(token);
  };
  range(0, 0);
  range(2, 2);
  range(128000, 128802);
  range(128806, 128820);
  range(128823, 128824);
  range(128826, 128846);
  range(128847, 129279);
  EXPECT_EQ(v4_tokenizer().vocabulary().never_sampled(), masked);
  EXPECT_EQ(v4_tokenizer().vocabulary().stops(),
            (std::vector<Token>{1, 128803, 128804, 128805, 0}));
}

TEST(vocabulary_v4, does_not_depend_on_token_types) {
  DS4_NEED_V4_VOCABULARY();
  TokenizerFile file = *v4_test_vocabulary().file;
  file.types.clear();
  EXPECT_TRUE(file.build().ok());
}

TEST(vocabulary_v4, refuses_what_is_like_it_but_not_it) {
  DS4_NEED_V4_VOCABULARY();
  const TokenizerFile& good = *v4_test_vocabulary().file;
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens.resize(128815); }),
            "the merges are DeepSeek's, but there are 128815 tokens where V4 has 129280; an older "
            "model's tokenizer cannot stand in for V4's");
  EXPECT_EQ(
      error_after(good, [](auto& f) { f.tokens[128799] = "<｜System｜>"; }),
      "this is a DeepSeek V4.1 vocabulary (token 128799 is <｜System｜>), whose prompts differ "
      "from V4's; V4 is supported");
  EXPECT_EQ(error_after(good, [](auto& f) { std::swap(f.tokens[128821], f.tokens[128822]); }),
            "not DeepSeek V4's vocabulary: token 128821 is \"</think>\", expected \"<think>\"");
  EXPECT_EQ(error_after(good, [](auto& f) { std::swap(f.tokens[3], f.tokens[4]); }),
            "not DeepSeek V4's vocabulary: byte 33 is token 4, expected 3");
  EXPECT_EQ(error_after(good, [](auto& f) { std::swap(f.merges[0], f.merges[1]); }),
            "not DeepSeek V4's vocabulary: merge 0 \"Ġ a\" does not give token 259");
  // The vision checkpoint gives its image token another name.
  EXPECT_EQ(error_after(good, [](auto& f) { f.tokens[129264] = "<｜deepseek_image｜>"; }),
            "no error");
}

}  // namespace
}  // namespace ds4::text
