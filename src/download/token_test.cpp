#include "download/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/terminal_fixture.h"

namespace ds4::download {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class token_test : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ + "/.cache/huggingface"); }
  void TearDown() override { fs::remove_all(folder_); }
  static void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  const std::string folder_ =
      (fs::temp_directory_path() / ("ds4_token_" + std::to_string(::getpid()))).string();
  const SavedVariable token_{"HF_TOKEN", ""}, hub_token_{"HUGGING_FACE_HUB_TOKEN", ""},
      path_{"HF_TOKEN_PATH", ""}, hf_home_{"HF_HOME", ""}, cache_{"XDG_CACHE_HOME", ""},
      home_{"HOME", folder_.c_str()};
};

TEST_F(token_test, none_is_no_failure) {
  const auto token = find_token();
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(*token, "");
}

TEST_F(token_test, each_place_goes_before_the_next) {
  put(folder_ + "/.cache/huggingface/token", "hf_home\n");
  EXPECT_EQ(*find_token(), "hf_home");
  fs::create_directories(folder_ + "/xdg/huggingface");
  put(folder_ + "/xdg/huggingface/token", "  hf_xdg\r\n");
  const SavedVariable cache("XDG_CACHE_HOME", (folder_ + "/xdg").c_str());
  EXPECT_EQ(*find_token(), "hf_xdg");
  put(folder_ + "/token", "hf_folder");
  const SavedVariable hf_home("HF_HOME", folder_.c_str());
  EXPECT_EQ(*find_token(), "hf_folder");
  put(folder_ + "/mine", "hf_file");
  const SavedVariable path("HF_TOKEN_PATH", (folder_ + "/mine").c_str());
  EXPECT_EQ(*find_token(), "hf_file");
  const SavedVariable hub_token("HUGGING_FACE_HUB_TOKEN", "hf_hub");
  EXPECT_EQ(*find_token(), "hf_hub");
  const SavedVariable token("HF_TOKEN", "hf_first");
  EXPECT_EQ(*find_token(), "hf_first");
}

TEST_F(token_test, what_would_break_a_header_is_refused_and_not_shown) {
  for (const char* wrong : {"hf_a\r\nX-Evil: 1", "hf_a b", "hf_\x7f", "hf_\xc3\xa9"}) {
    const SavedVariable token("HF_TOKEN", wrong);
    const auto found = find_token();
    ASSERT_FALSE(found.ok());
    EXPECT_THAT(found.error().message, AllOf(HasSubstr("HF_TOKEN"), Not(HasSubstr("hf_"))));
  }
  put(folder_ + "/.cache/huggingface/token", std::string(5000, 'x'));
  EXPECT_FALSE(find_token().ok());
}

}  // namespace
}  // namespace ds4::download
