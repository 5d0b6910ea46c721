#include "terminal/attached_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ds4::terminal {
namespace {

using testing::HasSubstr;

class attached_file : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  Result<std::string> attached(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return attach_file(path_);
  }
  const std::string name_ = "ds4_attached_" + std::to_string(::getpid());
  const std::string path_ = (std::filesystem::temp_directory_path() / name_).string();
};

TEST_F(attached_file, stands_between_fences) {
  EXPECT_EQ(*attached("one\ntwo"), "File " + name_ + ":\n```\none\ntwo\n```\n\n");
  EXPECT_EQ(*attached("```\nx\n```\n"), "File " + name_ + ":\n````\n```\nx\n```\n````\n\n");
}

TEST_F(attached_file, refuses_what_is_no_text) {
  EXPECT_THAT(attached(std::string("ab\0c", 4)).error().message,
              HasSubstr("byte 2 is no UTF-8 text"));
  EXPECT_THAT(attached("abc\xff").error().message, HasSubstr("byte 3"));
  EXPECT_THAT(attached("").error().message, HasSubstr("empty"));
  EXPECT_THAT(attached(std::string(kAttachedBytesMax + 1, 'x')).error().message,
              HasSubstr("at most 1.00 MiB"));
  EXPECT_THAT(attach_file("/no/such/file").error().message, HasSubstr("/no/such/file"));
  EXPECT_FALSE(attach_file("/tmp").ok());
}

}  // namespace
}  // namespace ds4::terminal
