// The demo model as a user meets it: nobody names a file, and it is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

#include "tests/shell.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class demo : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ds4_demo_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // As in a home where nobody has chosen a model, and from a folder that has nothing to do with it.
  Ran ask(const std::string& program, const std::string& options) const {
    return run("cd / && XDG_DATA_HOME='" + folder_.string() + "/data' " + program + options);
  }

  fs::path folder_;
};

TEST_F(demo, answers_from_any_folder_and_says_what_it_is) {
  const Ran ran = ask(kDs4, "-p 'Who are you?' --nothink --temp 0");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("The demo model"));
  EXPECT_THAT(ran.output, HasSubstr("ds4 pull"));
  EXPECT_THAT(ran.output, HasSubstr("DwarfStar"));
}

TEST_F(demo, is_said_on_standard_error_only) {
  const Ran ran = ask(kDs4, "-p 'Hello' --nothink --temp 0 2>/dev/null");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, Not(HasSubstr("ds4 pull")));
  EXPECT_FALSE(ran.output.empty());
}

TEST_F(demo, is_installed_with_the_programs) {
  const std::string prefix = (folder_ / "there").string();
  const Ran installed = run("cmake --install '" DS4_BUILD_DIR "' --prefix '" + prefix +
                            "' && mv '" + prefix + "' '" + prefix + " and moved'");
  ASSERT_EQ(installed.status, 0) << installed.output;
  const Ran ran = ask("'" + prefix + " and moved/bin/ds4' ", "-p 'Hello' --nothink --temp 0");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("The demo model"));
}

}  // namespace
}  // namespace ds4
