#include "terminal/state_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/terminal_fixture.h"

namespace ds4::terminal {
namespace {

namespace fs = std::filesystem;

class state_folder_test : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ds4_state_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(state_folder_test, is_made_for_its_owner) {
  const SavedVariable state("XDG_STATE_HOME", (folder_ / "a" / "b").c_str());
  const auto path = state_folder();
  ASSERT_TRUE(path.ok()) << path.error().message;
  EXPECT_EQ(*path, (folder_ / "a/b/ds4").string());
  struct stat info {};
  ASSERT_EQ(::stat(path->c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(state_folder_test, falls_back_to_the_home_folder) {
  const SavedVariable state("XDG_STATE_HOME", "relative"), home("HOME", folder_.c_str());
  EXPECT_EQ(*history_path(), (folder_ / ".local/state/ds4/history").string());
}

TEST_F(state_folder_test, sessions_have_names_or_paths) {
  const SavedVariable state("XDG_STATE_HOME", folder_.c_str()), home("HOME", "/home/me");
  EXPECT_EQ(*session_path("talk"), (folder_ / "ds4/sessions/talk.ds4s").string());
  EXPECT_EQ(*session_path("talk.ds4s"), (folder_ / "ds4/sessions/talk.ds4s").string());
  EXPECT_EQ(*session_path("./talk"), "./talk");
  EXPECT_EQ(*session_path("~/talk"), "/home/me/talk");
  for (const std::string& name :
       {std::string(), std::string(".."), std::string("a\nb"), std::string(101, 'x')}) {
    EXPECT_FALSE(session_path(name).ok()) << name;
  }
  std::ofstream(*session_path("b")) << "x";
  std::ofstream(*session_path("a")) << "x";
  std::ofstream(folder_ / "ds4/sessions/other.txt") << "x";
  EXPECT_THAT(session_names(), testing::ElementsAre("a", "b"));
}

TEST_F(state_folder_test, a_file_in_the_way_is_named) {
  std::ofstream(folder_ / "ds4") << "x";
  const SavedVariable state("XDG_STATE_HOME", folder_.c_str());
  const auto path = session_path("a");
  ASSERT_FALSE(path.ok());
  EXPECT_THAT(path.error().message, testing::HasSubstr("ds4"));
}

}  // namespace
}  // namespace ds4::terminal
