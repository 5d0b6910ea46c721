#include "convert/tokenizer_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gguf/file.h"
#include "model/model_file.h"
#include "text/small_vocabulary.h"
#include "text/tokenizer_json_sample.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::convert {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class tokenizer_keys : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("ds4_tokenizer_keys_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string write(const std::string& name, const Json& json) const {
    std::ofstream(path(name)) << to_text(json);
    return path(name);
  }

  fs::path folder_;
};

TEST_F(tokenizer_keys, a_vocabulary_file_holds_what_the_json_said) {
  const text::TokenizerFile sample = text::small_vocabulary({{"a", "b"}, {" ", "ab"}}, {"<|x|>"});
  const auto file = read_tokenizer(write("tokenizer.json", text::tokenizer_json_of(sample)));
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto written = write_vocabulary_file(*file, "Sample", path("vocab.gguf"));
  ASSERT_TRUE(written.ok()) << written.error().message;

  const auto read = gguf::File::open(path("vocab.gguf"));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->tensors().empty());
  EXPECT_EQ(*read->metadata().text("general.type"), "vocab");
  const std::vector<std::string_view> tokens(sample.tokens.begin(), sample.tokens.end());
  const std::vector<std::string_view> merges(sample.merges.begin(), sample.merges.end());
  EXPECT_EQ(*read->metadata().texts("tokenizer.ggml.tokens"), tokens);
  EXPECT_EQ(*read->metadata().texts("tokenizer.ggml.merges"), merges);
  EXPECT_EQ(*read->metadata().integers("tokenizer.ggml.token_type"),
            std::vector<std::int64_t>(sample.types.begin(), sample.types.end()));
  const auto vocabulary = model::open_vocabulary(path("vocab.gguf"));
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->size(), sample.tokens.size());
  EXPECT_EQ(vocabulary->find(" ab"), 257);
  EXPECT_EQ(*read->metadata().count("tokenizer.ggml.bos_token_id"), 258u);
  EXPECT_EQ(*read->metadata().count("tokenizer.ggml.eos_token_id"), 259u);
  EXPECT_THAT(model::ModelFile::open(path("vocab.gguf")).error().message, HasSubstr("vocab"));
}

TEST_F(tokenizer_keys, refuses_what_makes_no_vocabulary_and_names_the_file) {
  text::TokenizerFile sample = text::small_vocabulary();
  const auto error = [&](bool extend = false) {
    const std::string at = write("tokenizer.json", text::tokenizer_json_of(sample));
    const auto file = read_tokenizer(at, extend);
    if (file.ok()) return std::string("no error");
    EXPECT_EQ(file.error().message.rfind(at + ": ", 0), 0u) << file.error().message;
    return file.error().message;
  };
  EXPECT_EQ(error(), "no error");
  EXPECT_THAT(error(true), HasSubstr("only DeepSeek's tokenizer can become V4's"));
  sample.tokens[262] = "<other>";
  EXPECT_THAT(error(), HasSubstr("lacks the added token"));
  EXPECT_THAT(read_tokenizer(path("nowhere.json")).error().message, HasSubstr("nowhere.json: "));
}

TEST_F(tokenizer_keys, a_v3_file_becomes_v4_only_when_asked) {
  DS4_NEED_V4_VOCABULARY();
  const std::string v3 = DS4_SOURCE_DIR "/build/vocabulary/tokenizer.json";
  EXPECT_THAT(read_tokenizer(v3).error().message,
              testing::EndsWith("this is DeepSeek V3's tokenizer, which lacks 465 special tokens "
                                "of V4's; ds4-gguf vocab --extend-to-v4 adds them"));
  const auto v4 = read_tokenizer(v3, true);
  ASSERT_TRUE(v4.ok()) << v4.error().message;
  ASSERT_TRUE(write_vocabulary_file(*v4, "V4", path("vocab.gguf")).ok());
  const auto vocabulary = model::open_vocabulary(path("vocab.gguf"));
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_TRUE(vocabulary->is_v4());
  EXPECT_EQ(vocabulary->special().dsml, 128825);
}

}  // namespace
}  // namespace ds4::convert
