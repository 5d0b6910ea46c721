// The house itself: what ./start and ./check would do on each system, what the programs say about
// themselves, the layout of the sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "tests/shell.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class fresh_system : public testing::TestWithParam<const char*> {};

// The expected text is what a person read and found right; the Debian one was also carried out.
TEST_P(fresh_system, start_would_do_this) {
  const std::string name = GetParam();
  const Ran ran = run("DS4_START_SYSTEM=" + name + " ./start --dry-run");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, read_tree_file("tests/golden/start_" + name + ".txt"));
}

TEST_P(fresh_system, check_would_do_this) {
  const std::string name = GetParam();
  const Ran ran = run("DS4_START_SYSTEM=" + name + " ./check --dry-run");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, read_tree_file("tests/golden/check_" + name + ".txt"));
}

INSTANTIATE_TEST_SUITE_P(each, fresh_system, testing::Values("debian", "fedora", "macos"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(start, ubuntu_is_treated_as_debian) {
  EXPECT_EQ(run("DS4_START_SYSTEM=ubuntu ./start --dry-run").output,
            read_tree_file("tests/golden/start_debian.txt"));
}

TEST(start, an_unknown_system_gets_a_sentence_that_helps) {
  const Ran ran = run("DS4_START_SYSTEM=plan9 ./start --dry-run");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, StartsWith("start: this system has neither apt, dnf nor Homebrew"));
  EXPECT_THAT(ran.output, HasSubstr("CMake 3.25"));
}

TEST(start, pretending_is_for_dry_runs_only) {
  const Ran ran = run("DS4_START_SYSTEM=fedora ./start");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("--dry-run only"));
}

TEST(start, on_this_machine_a_dry_run_ends_with_the_main_job) {
  const Ran ran = run("env -u DS4_START_SYSTEM ./start --dry-run");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, EndsWith("build/ds4\n"));
}

TEST(start, options_are_checked_and_explained) {
  for (const char* script : {"./start", "./check"}) {
    const Ran bad = run(std::string(script) + " --fast");
    EXPECT_EQ(bad.status, 1);
    EXPECT_THAT(bad.output, HasSubstr("unknown option --fast"));
    const Ran help = run(std::string(script) + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.output, HasSubstr("Examples:"));
  }
}

TEST(start, runs_under_the_old_bash_of_macos) {
  // Words of bash 4 that bash 3.2 does not know.
  for (const char* file : {"start", "check", "tools/system.sh"}) {
    const std::string text = read_tree_file(file);
    EXPECT_THAT(text, Not(testing::ContainsRegex("declare -[An]|local -[An]|mapfile|readarray|"
                                                 "\\$\\{[a-z_]*(\\^\\^|,,)|&>>|\\|&")))
        << file;
    EXPECT_EQ(run("bash -n " + std::string(file)).status, 0);
  }
}

TEST(summary, counts_and_gives_the_reasons) {
  const Ran ran = run("tools/summary.sh tests/golden/summary.xml");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.output, read_tree_file("tests/golden/summary.txt"));
}

TEST(summary, no_test_at_all_is_a_failure) {
  const Ran ran = run("printf '<testsuite></testsuite>' | tools/summary.sh /dev/stdin");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.output, "\n0 passed, 0 failed, 0 skipped\n");
}

std::vector<std::string> programs() {
  std::istringstream names{std::string(DS4_PROGRAMS)};
  std::vector<std::string> list;
  for (std::string name; names >> name;) list.push_back(name);
  return list;
}

TEST(programs, say_their_version_and_teach_by_example) {
  EXPECT_THAT(programs(), testing::IsSupersetOf({"ds4", "ds4-gguf"}));
  for (const std::string& name : programs()) {
    const std::string path = "'" DS4_BUILD_DIR "/" + name + "'";
    const Ran version = run(path + " --version");
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.output, name + " " DS4_VERSION "\n");
    const Ran help = run(path + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.output, HasSubstr("Examples:\n  " + name + " "));
  }
}

TEST(programs, refuse_an_unknown_option_with_status_1) {
  for (const std::string& name : programs()) {
    const Ran ran = run("'" DS4_BUILD_DIR "/" + name + "' --no-such-option");
    EXPECT_EQ(ran.status, 1) << name;
    EXPECT_THAT(ran.output, Not(testing::IsEmpty()));
  }
}

TEST(readme, first_screen_names_the_two_commands) {
  std::istringstream in(read_tree_file("README.md"));
  std::string screen;
  std::string line;
  for (int i = 0; i < 24 && std::getline(in, line); ++i) screen += line + "\n";
  EXPECT_THAT(screen, HasSubstr("./start"));
  EXPECT_THAT(screen, HasSubstr("./check"));
}

// Versions of clang-format differ in what they find beautiful; one of them decides.
bool is_version_14(const char* tool) {
  return run(std::string(tool) + " --version").output.find("version 14.") != std::string::npos;
}

std::string files_where(const std::vector<const char*>& folders, bool with_headers) {
  std::string list;
  for (const char* folder : folders) {
    const fs::path top = fs::path(DS4_SOURCE_DIR) / folder;
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      const fs::path path = entry.path();
      const bool is_header = path.extension() == ".h" || path.extension() == ".inc";
      if (path.extension() == ".cpp" || (with_headers && is_header)) {
        list += " " + fs::relative(path, DS4_SOURCE_DIR).string();
      }
    }
  }
  return list;
}

TEST(sources, are_laid_out_by_clang_format) {
  if (*DS4_SANITIZE != '\0') GTEST_SKIP() << "the plain build does it";
  if (!is_version_14("clang-format")) GTEST_SKIP() << "clang-format 14 is not installed";
  const std::string files = files_where({"include", "src", "apps", "tests", "bench"}, true);
  const Ran ran = run("clang-format --dry-run -Werror" + files);
  EXPECT_EQ(ran.status, 0) << ran.output.substr(0, 4000);
}

TEST(sources, pass_clang_tidy) {
  if (*DS4_SANITIZE != '\0') GTEST_SKIP() << "the plain build does it";
  if (std::getenv("DS4_TEST_FULL") == nullptr) GTEST_SKIP() << "takes minutes: ./check --full";
  if (!is_version_14("clang-tidy")) GTEST_SKIP() << "clang-tidy 14 is not installed";
  std::string files;
  std::istringstream all(files_where({"src/base"}, false));
  for (std::string file; all >> file;) {
    if (file.find("_test.cpp") == std::string::npos) files += " " + file;
  }
  const Ran ran = run(
      "clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p '" DS4_BUILD_DIR "'" + files);
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace ds4
