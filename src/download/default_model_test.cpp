#include "download/default_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/terminal_fixture.h"

namespace ds4::download {
namespace {

namespace fs = std::filesystem;

class default_model_test : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }
  const std::string folder_ =
      (fs::temp_directory_path() / ("ds4_default_" + std::to_string(::getpid()))).string();
  const SavedVariable data_{"XDG_DATA_HOME", folder_.c_str()};
};

TEST_F(default_model_test, is_remembered) {
  EXPECT_EQ(*models_folder(), folder_ + "/ds4/models");
  EXPECT_EQ(*default_model(), "");
  ASSERT_TRUE(set_default_model("/models/a b.gguf").ok());
  EXPECT_EQ(*default_model(), "/models/a b.gguf");
  ASSERT_TRUE(set_default_model("./c.gguf").ok());
  EXPECT_EQ(*default_model(), (fs::current_path() / "c.gguf").string());
  EXPECT_FALSE(set_default_model("a\nb").ok());
}

TEST_F(default_model_test, a_damaged_memory_is_named) {
  fs::create_directories(folder_ + "/ds4");
  for (const char* text : {"", "\n", "relative.gguf\n"}) {
    std::ofstream(folder_ + "/ds4/default-model") << text;
    const auto model = default_model();
    ASSERT_FALSE(model.ok());
    EXPECT_THAT(model.error().message, testing::HasSubstr(folder_ + "/ds4/default-model"));
  }
}

TEST_F(default_model_test, needs_a_home) {
  const SavedVariable data("XDG_DATA_HOME", ""), home("HOME", "");
  EXPECT_EQ(default_model().error().code, Code::not_found);
  EXPECT_EQ(models_folder().error().code, Code::not_found);
}

}  // namespace
}  // namespace ds4::download
