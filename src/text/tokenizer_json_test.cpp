#include "text/tokenizer_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/json.h"
#include "text/small_vocabulary.h"
#include "text/tokenizer_json_sample.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::text {
namespace {

std::string error_of(const Json& json) {
  const auto file = read_tokenizer_json(to_text(json));
  return file ? "no error" : file.error().message;
}

TEST(tokenizer_json, reads_small_ones_with_merges_in_either_form) {
  const TokenizerFile file = small_vocabulary({{"a", "b"}, {" ", "ab"}}, {"<|x|>"});
  for (const bool pairs : {false, true}) {
    const auto read = read_tokenizer_json(to_text(tokenizer_json_of(file, pairs)));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->tokens, file.tokens);
    EXPECT_EQ(read->merges, file.merges);
    EXPECT_EQ(read->types, file.types);
    EXPECT_EQ(read->pre, "joyai-llm");
    EXPECT_TRUE(read->build().ok());
  }
}

TEST(tokenizer_json, refuses_what_it_would_read_differently) {
  const Json good = tokenizer_json_of(small_vocabulary({{"a", "b"}}), false);
  EXPECT_EQ(error_of(good), "no error");
  Json bad = good;
  bad.find("model")->set("byte_fallback", Json(true));
  EXPECT_EQ(error_of(bad), "model.byte_fallback is true, expected false");
  bad = good;
  bad.find("model")->set("type", Json("Unigram"));
  EXPECT_EQ(error_of(bad), "model.type is \"Unigram\", expected \"BPE\"");
  bad = good;
  bad.set("normalizer", *parse_json(R"({"type":"NFC"})"));
  EXPECT_EQ(error_of(bad), "it has a normalizer, expected none");
  bad = good;
  bad.find("pre_tokenizer")
      ->find("pretokenizers")
      ->as_array()[0]
      .find("pattern")
      ->set("Regex", Json("\\p{N}"));
  EXPECT_EQ(error_of(bad), "pre_tokenizer step 1 is not DeepSeek's split by \\p{N}{1,3}");
  bad = good;
  bad.set("pre_tokenizer", Json());
  EXPECT_NE(error_of(bad), "no error");
  bad = good;
  bad.find("model")->find("vocab")->set("new", Json(1000));
  EXPECT_EQ(error_of(bad), "no token has the id 264, but the largest is 1000");
  bad = good;
  bad.find("model")->find("vocab")->set("new", Json(7));
  EXPECT_NE(error_of(bad).find("both have the id 7"), std::string::npos);
  bad = good;
  bad.find("model")->find("vocab")->set("new", Json("7"));
  EXPECT_NE(error_of(bad).find("has no id from 0"), std::string::npos);
  bad = good;
  bad.find("model")->find("merges")->push(Json(Json::Array{Json("a")}));
  EXPECT_EQ(error_of(bad), "merge 1 is neither a string \"left right\" nor a pair of strings");
  bad = good;
  bad.find("added_tokens")->as_array()[0].set("lstrip", Json(true));
  EXPECT_NE(error_of(bad).find("\"lstrip\" set"), std::string::npos);
  EXPECT_EQ(error_of(Json::object()), "no object \"model\"");
  EXPECT_FALSE(read_tokenizer_json("{").ok());
}

TEST(tokenizer_json, only_v3_can_become_v4) {
  TokenizerFile file = small_vocabulary({{"a", "b"}});
  const auto extended = extend_to_v4(file);
  ASSERT_FALSE(extended.ok());
  EXPECT_EQ(extended.error().message,
            "only DeepSeek's tokenizer can become V4's: this one has 1 merges, not 127741");
}

TEST(tokenizer_json_v4, a_complete_file_is_left_as_it_is) {
  DS4_NEED_V4_VOCABULARY();
  TokenizerFile v4 = *v4_test_vocabulary().file;
  ASSERT_EQ(v4.tokens.size(), 129280u);
  auto read = read_tokenizer_json(to_text(tokenizer_json_of(v4, true)));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->tokens, v4.tokens);
  EXPECT_EQ(read->merges, v4.merges);
  ASSERT_TRUE(extend_to_v4(*read).ok());
  EXPECT_EQ(read->tokens, v4.tokens);

  TokenizerFile wrong = v4;
  wrong.tokens.resize(128815);
  wrong.types.resize(128815);
  wrong.tokens[128803] = "<｜Person｜>";
  EXPECT_EQ(
      extend_to_v4(wrong).error().message,
      "not DeepSeek V3's tokenizer: token 128803 is \"<｜Person｜>\", expected \"<｜User｜>\"");
}

}  // namespace
}  // namespace ds4::text
