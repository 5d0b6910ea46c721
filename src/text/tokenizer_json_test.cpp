#include "text/tokenizer_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/json.h"
#include "text/small_vocabulary.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::text {
namespace {

constexpr std::string_view kPreTokenizer = R"({"type":"Sequence","pretokenizers":[
  {"type":"Split","pattern":{"Regex":"\\p{N}{1,3}"},"behavior":"Isolated","invert":false},
  {"type":"Split","pattern":{"Regex":"[一-龥\u3040-ゟ゠-ヿ]+"},"behavior":"Isolated","invert":false},
  {"type":"Split","pattern":{"Regex":"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},
  {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]})";

// A tokenizer.json that says the same as `file`.
Json json_of(const TokenizerFile& file, bool pairs) {
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
      {"pre_tokenizer", *parse_json(kPreTokenizer)},
      {"model",
       Json(Json::Object{{"type", Json("BPE")}, {"vocab", vocabulary}, {"merges", merges}})}});
}

std::string error_of(const Json& json) {
  const auto file = read_tokenizer_json(to_text(json));
  return file ? "no error" : file.error().message;
}

TEST(tokenizer_json, reads_small_ones_with_merges_in_either_form) {
  const TokenizerFile file = small_vocabulary({{"a", "b"}, {" ", "ab"}}, {"<|x|>"});
  for (const bool pairs : {false, true}) {
    const auto read = read_tokenizer_json(to_text(json_of(file, pairs)));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->tokens, file.tokens);
    EXPECT_EQ(read->merges, file.merges);
    EXPECT_EQ(read->types, file.types);
    EXPECT_EQ(read->pre, "joyai-llm");
    EXPECT_TRUE(read->build().ok());
  }
}

TEST(tokenizer_json, refuses_what_it_would_read_differently) {
  const Json good = json_of(small_vocabulary({{"a", "b"}}), false);
  EXPECT_EQ(error_of(good), "no error");
  Json bad = good;
  bad.find("model")->set("byte_fallback", Json(true));
  EXPECT_EQ(error_of(bad), "tokenizer.json: model.byte_fallback is true, expected false");
  bad = good;
  bad.find("model")->set("type", Json("Unigram"));
  EXPECT_EQ(error_of(bad), "tokenizer.json: model.type is \"Unigram\", expected \"BPE\"");
  bad = good;
  bad.set("normalizer", *parse_json(R"({"type":"NFC"})"));
  EXPECT_EQ(error_of(bad), "tokenizer.json: it has a normalizer, expected none");
  bad = good;
  bad.find("pre_tokenizer")
      ->find("pretokenizers")
      ->as_array()[0]
      .find("pattern")
      ->set("Regex", Json("\\p{N}"));
  EXPECT_EQ(error_of(bad),
            "tokenizer.json: pre_tokenizer step 1 is not DeepSeek's split by \\p{N}{1,3}");
  bad = good;
  bad.set("pre_tokenizer", Json());
  EXPECT_NE(error_of(bad), "no error");
  bad = good;
  bad.find("model")->find("vocab")->set("new", Json(1000));
  EXPECT_EQ(error_of(bad), "tokenizer.json: no token has the id 264, but the largest is 1000");
  bad = good;
  bad.find("model")->find("vocab")->set("new", Json(7));
  EXPECT_NE(error_of(bad).find("both have the id 7"), std::string::npos);
  bad = good;
  bad.find("model")->find("vocab")->set("new", Json("7"));
  EXPECT_NE(error_of(bad).find("has no id from 0"), std::string::npos);
  bad = good;
  bad.find("model")->find("merges")->push(Json(Json::Array{Json("a")}));
  EXPECT_EQ(error_of(bad),
            "tokenizer.json: merge 1 is neither a string \"left right\" nor a pair of strings");
  bad = good;
  bad.find("added_tokens")->as_array()[0].set("lstrip", Json(true));
  EXPECT_NE(error_of(bad).find("\"lstrip\" set"), std::string::npos);
  EXPECT_EQ(error_of(Json::object()), "tokenizer.json: no object \"model\"");
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
  auto read = read_tokenizer_json(to_text(json_of(v4, true)));
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
