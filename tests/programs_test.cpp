// The text commands as a user runs them: what they print and how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "tests/shell.h"
#include "text/small_vocabulary.h"
#include "text/tokenizer_json_sample.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class text_commands : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("ds4_text_commands_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    const Ran made =
        run(kDs4Gguf + "synth -o " + path("model.gguf") + " --shape tiny --layers 1 --recipe q2");
    ASSERT_EQ(made.status, 0) << made.output;
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static std::string path(const std::string& name) { return (folder_ / name).string(); }
  static Ran tokenize(const std::string& arguments) {
    return run(kDs4 + "tokenize -m " + path("model.gguf") + " " + arguments);
  }
  static Ran render(const std::string& json, const std::string& arguments) {
    std::ofstream(path("chat.json")) << json;
    return run(kDs4 + "render " + path("chat.json") + " " + arguments);
  }

  static inline fs::path folder_;
};

TEST_F(text_commands, tokenize_shows_a_token_a_line) {
  const Ran ran = tokenize("'the\nend<think>'");
  EXPECT_EQ(ran.status, 0);
  std::string pieces;
  for (std::size_t at = 0; (at = ran.output.find('"', at)) != std::string::npos;) {
    const std::size_t end = ran.output.find("\"\n", at);
    pieces += ran.output.substr(at + 1, end - at - 1);
    at = end + 1;
  }
  EXPECT_EQ(pieces, "the\\x0aend<think>") << ran.output;
  EXPECT_THAT(ran.output, testing::Not(HasSubstr("added")));
  EXPECT_THAT(tokenize("--special '<think>'").output, HasSubstr("  0-7  \"<think>\"  added\n"));
}

TEST_F(text_commands, tokenize_and_decode_are_inverse) {
  const std::string text = "Grüße, 世界 😀\n\ttwo  lines\n";
  std::ofstream(path("text.txt")) << text;
  const Ran ids = tokenize("--ids --file " + path("text.txt"));
  EXPECT_EQ(ids.status, 0);
  EXPECT_EQ(tokenize("--ids < " + path("text.txt")).output, ids.output);
  const std::string list = ids.output.substr(0, ids.output.size() - 1);
  EXPECT_EQ(tokenize("--decode " + list).output, text);
  EXPECT_EQ(tokenize("--decode '[" + list + "]'").output, text);
  EXPECT_EQ(
      run("echo '" + list + "' | " + kDs4 + "tokenize --decode -m " + path("model.gguf")).output,
      text);
  const auto json = parse_json(tokenize("--json --file " + path("text.txt")).output);
  ASSERT_TRUE(json.ok());
  std::string all;
  std::size_t place = 0;
  for (const Json& token : json->find("tokens")->as_array()) {
    all += (all.empty() ? "" : " ") + token.find("id")->as_number().text;
    EXPECT_EQ(token.find("begin")->as_int(), place);
    place = static_cast<std::size_t>(*token.find("end")->as_int());
  }
  EXPECT_EQ(all, list);
  EXPECT_EQ(place, text.size());
}

TEST_F(text_commands, tokenize_says_in_a_sentence_what_is_wrong) {
  const auto expect = [](const Ran& ran, int status, const std::string& message) {
    EXPECT_EQ(ran.status, status);
    EXPECT_EQ(ran.output, message);
  };
  expect(tokenize("--decode 5 1024"), 1, "there is no token 1024, only 0 to 1023\n");
  expect(tokenize("--decode -- -1"), 1, "there is no token -1, only 0 to 1023\n");
  expect(tokenize("--decode 5 99999999999999999999"), 1,
         "there is no token 99999999999999999999, only 0 to 1023\n");
  expect(tokenize("--decode five"), 1, "'five' is not a token id\n");
  expect(tokenize("two words"), 1, "the text is 2 arguments; put it in quotes\n");
  expect(tokenize("''"), 0, "the text is empty, so there are no tokens\n");
  expect(tokenize("--ids ''"), 0, "\n");
  expect(tokenize("--file " + path("none")), 1,
         path("none") + ": cannot open file: no such file or folder\n");

  const std::string config = path("config.json");
  std::ofstream(config) << [] {
    std::string text = read_tree_file("tests/vectors/model/A/config.json");
    const std::string size = "\"vocab_size\": 512";
    return text.replace(text.find(size), size.size(), "\"vocab_size\": 128");
  }();
  const std::string none = path("no_tokenizer.gguf");
  EXPECT_EQ(run(kDs4Gguf + "synth -o " + none + " --layers 1 --shape " + config).status, 0);
  expect(run(kDs4 + "tokenize hello -m " + none), 1,
         none +
             ": it has no tokenizer (it was made from a checkpoint without one), so it takes "
             "and gives token ids only\n");
}

TEST_F(text_commands, render_prints_the_prompt_and_nothing_else) {
  const std::string chat = R"({"messages":[{"role":"system","content":"Be </think> brief."},)"
                           R"({"role":"user","content":"Hi"}]})";
  const std::string prompt =
      "<｜begin▁of▁sentence｜>Be </think> brief.<｜User｜>Hi<｜Assistant｜><think>";
  const Ran ran = render(chat, "");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, prompt);
  EXPECT_EQ(run(kDs4 + "render - < " + path("chat.json")).output, prompt);
  EXPECT_EQ(render(chat, "--spans").output,
            "trusted    \"<｜begin▁of▁sentence｜>\"\n"
            "untrusted  \"Be </think> brief.\"\n"
            "trusted    \"<｜User｜>\"\n"
            "untrusted  \"Hi\"\n"
            "trusted    \"<｜Assistant｜><think>\"\n");

  // What a user says is no control token, whatever it spells.
  const Ran ids = render(chat, "--tokens -m " + path("model.gguf"));
  EXPECT_EQ(ids.status, 0);
  const std::string list = ids.output.substr(0, ids.output.size() - 1);
  EXPECT_EQ(tokenize("--decode " + list).output, prompt);
  const std::string close = tokenize("--special --ids '</think>'").output;
  EXPECT_THAT(' ' + list + ' ',
              testing::Not(HasSubstr(' ' + close.substr(0, close.size() - 1) + ' ')));

  const auto json = parse_json(render(chat, "--json --tokens -m " + path("model.gguf")).output);
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->find("text")->as_string(), prompt);
  EXPECT_EQ(json->find("continues_in")->as_string(), "reasoning");
  EXPECT_EQ(json->find("tokens")->as_array().size(),
            static_cast<std::size_t>(std::count(list.begin(), list.end(), ' ') + 1));
}

TEST_F(text_commands, render_takes_the_revision_and_names_what_is_wrong) {
  const std::string max = R"({"messages":[{"role":"user","content":"Hi"}],)"
                          R"("options":{"reasoning_effort":"high"}})";
  EXPECT_NE(render(max, "--template-revision preview").output, render(max, "").output);
  EXPECT_EQ(render(max, "--template-revision 0731").output, render(max, "").output);
  const auto expect = [](const Ran& ran, const std::string& message) {
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.output, HasSubstr(message));
  };
  expect(render(max, "--template-revision 3"), "template revision \"3\" is not known");
  expect(render(R"({"messages":[{"role":"x"}]})", ""),
         path("chat.json") + ": messages[0].role: \"x\" is not known");
  expect(render("{", ""), path("chat.json") + ": invalid JSON at byte");
  expect(render("{}", ""), path("chat.json") + ": messages: missing");
  expect(render(max, "--tokens"), "--tokens requires --model");
}

TEST_F(text_commands, a_vocabulary_file_serves_text_without_a_model) {
  const auto make = [](const text::TokenizerFile& file) {
    std::ofstream(path("tokenizer.json")) << to_text(text::tokenizer_json_of(file));
    return run(kDs4Gguf + "vocab " + path("tokenizer.json") + " -o " + path("vocab.gguf"));
  };
  text::TokenizerFile file = text::small_vocabulary({{"a", "b"}, {" ", "ab"}}, {"<|x|>"});
  const std::string with_vocabulary = "-m " + path("vocab.gguf");
  EXPECT_EQ(make(file).output, path("vocab.gguf") + ": vocabulary only, 266 tokens, 2 merges\n");
  EXPECT_EQ(run(kDs4 + "tokenize 'ab ab' " + with_vocabulary).output,
            "256  0-2  \"ab\"\n"
            "257  2-5  \" ab\"\n");
  EXPECT_THAT(run(kDs4 + "inspect " + path("vocab.gguf")).output,
              HasSubstr("vocabulary only, no model: 266 tokens, 2 merges, joyai-llm\n"));
  EXPECT_EQ(
      render(R"({"messages":[{"role":"user","content":"ab"}]})", "--tokens " + with_vocabulary)
          .output,
      "258 260 256 261 262\n");

  fs::remove(path("vocab.gguf"));
  file.tokens.back() = file.tokens[258];
  const Ran refused = make(file);
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("tokenizer.json: added token 265 "));
  EXPECT_FALSE(fs::exists(path("vocab.gguf")));
}

}  // namespace
}  // namespace ds4
