#include "terminal/history.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace ds4::terminal {
namespace {

using Entries = std::vector<std::string>;

class history_file : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("ds4_history_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    path_ = (folder_ / "history").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(history_file, keeps_lines_and_line_breaks) {
  {
    auto history = History::open(path_);
    ASSERT_TRUE(history.ok());
    for (const char* text : {"one", "two\nlines \\n", "two\nlines \\n", "", "日本"}) {
      EXPECT_TRUE(history->add(text).ok());
    }
  }
  EXPECT_EQ(bytes(), "one\ntwo\\nlines \\\\n\n日本\n");
  const auto again = History::open(path_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->entries(), Entries({"one", "two\nlines \\n", "日本"}));
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(history_file, two_programs_append_to_one_file) {
  auto first = History::open(path_), second = History::open(path_);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(first->add("a").ok());
  EXPECT_TRUE(second->add("b").ok());
  EXPECT_TRUE(first->add("c").ok());
  EXPECT_EQ(bytes(), "a\nb\nc\n");
}

TEST_F(history_file, stays_within_its_limits) {
  const HistoryLimits limits{.entries = 10, .file_bytes = 1000, .entry_bytes = 40};
  {
    auto history = History::open(path_, limits);
    ASSERT_TRUE(history.ok());
    for (int i = 0; i < 300; ++i) EXPECT_TRUE(history->add("entry " + std::to_string(i)).ok());
    EXPECT_TRUE(history->add(std::string(41, 'x')).ok());
    EXPECT_EQ(history->entries().size(), 10U);
    EXPECT_EQ(history->entries().back(), "entry 299");
  }
  const auto again = History::open(path_, limits);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->entries().size(), 10U);
  EXPECT_EQ(again->entries().back(), "entry 299");
  EXPECT_LE(bytes().size(), 500U);
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(history_file, a_damaged_file_gives_harmless_lines) {
  std::ofstream(path_) << "a\x1b[2J\xff\nb\\";
  const auto history = History::open(path_);
  ASSERT_TRUE(history.ok());
  EXPECT_EQ(history->entries(), Entries({"a[2J\xEF\xBF\xBD", "b\\"}));
}

TEST(history, finds_the_newest_before_a_place) {
  History history;
  for (const char* text : {"make test", "git log", "make all"}) EXPECT_TRUE(history.add(text).ok());
  EXPECT_EQ(history.find_before(3, "make"), 2U);
  EXPECT_EQ(history.find_before(2, "make"), 0U);
  EXPECT_EQ(history.find_before(0, "make"), std::nullopt);
  EXPECT_EQ(history.find_before(3, "none"), std::nullopt);
}

}  // namespace
}  // namespace ds4::terminal
