#include "terminal/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/terminal_fixture.h"

namespace ds4::terminal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(commands, are_told_from_messages) {
  EXPECT_TRUE(is_command("/help"));
  EXPECT_TRUE(is_command("/save my chat"));
  EXPECT_FALSE(is_command("help"));
  EXPECT_FALSE(is_command("/usr/bin/env is a path"));
  EXPECT_FALSE(is_command("//help"));
  EXPECT_FALSE(is_command("/ a"));
  EXPECT_EQ(message_of("//help me"), "/help me");
  EXPECT_EQ(message_of("/usr/bin"), "/usr/bin");
}

TEST(commands, are_read_with_their_argument) {
  const auto save = read_command("/save  my chat ");
  ASSERT_TRUE(save.ok());
  EXPECT_EQ(save->name, CommandName::save);
  EXPECT_EQ(save->argument, "my chat");
  ASSERT_TRUE(read_command("/save").ok());
  EXPECT_EQ(read_command("/think-max")->name, CommandName::think_max);
  EXPECT_THAT(read_command("/load").error().message, HasSubstr("/load needs NAME"));
  EXPECT_THAT(read_command("/undo all").error().message, HasSubstr("/undo takes nothing"));
}

TEST(commands, an_unknown_one_names_the_nearest) {
  EXPECT_THAT(read_command("/thnik").error().message, HasSubstr("did you mean /think?"));
  EXPECT_THAT(read_command("/think_max").error().message, HasSubstr("did you mean /think-max?"));
  EXPECT_THAT(read_command("/q").error().message, HasSubstr("did you mean /quit?"));
  EXPECT_THAT(read_command("/bananas").error().message, HasSubstr("/help lists them"));
}

TEST(commands, every_one_is_in_the_help_and_fits) {
  std::string all;
  for (const std::string& line : help_lines(80)) {
    EXPECT_LE(line.size(), 80U) << line;
    all += line + "\n";
  }
  for (const CommandAbout& command : commands())
    EXPECT_THAT(all, HasSubstr(std::string(command.text)));
}

TEST(completion, of_names_and_sessions) {
  const Completer complete = command_completer([] {
    return std::vector<std::string>{"alpha", "alps", "beta"};
  });
  EXPECT_THAT(complete("/thi").words, ElementsAre("/think", "/think-max"));
  EXPECT_THAT(complete("/sa").words, ElementsAre("/save "));
  EXPECT_THAT(complete("hello").words, ElementsAre());
  EXPECT_THAT(complete("/load al").words, ElementsAre("alpha", "alps"));
  EXPECT_EQ(complete("/load al").from, 6U);
  EXPECT_THAT(complete("/undo al").words, ElementsAre());
}

TEST(completion, of_files) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("ds4_files_" + std::to_string(::getpid()));
  fs::create_directories(folder / "notes");
  for (const char* name : {"news.txt", "other", ".hidden", "bad\x1b"})
    std::ofstream(folder / name) << "x";
  const Completer complete = command_completer([] { return std::vector<std::string>(); });
  const std::string path = folder.string() + "/";
  const Completions found = complete("/read " + path + "n");
  EXPECT_THAT(found.words, ElementsAre("news.txt", "notes/"));
  EXPECT_EQ(found.from, 6 + path.size());
  EXPECT_THAT(complete("/read " + path).words, ElementsAre("news.txt", "notes/", "other"));
  EXPECT_THAT(complete("/read " + path + ".h").words, ElementsAre(".hidden"));
  EXPECT_THAT(complete("/read " + path + "none/x").words, ElementsAre());
  const SavedVariable home("HOME", folder.c_str());
  EXPECT_THAT(complete("/read ~/o").words, ElementsAre("other"));
  EXPECT_EQ(expand_home("~/o"), folder.string() + "/o");
  EXPECT_EQ(expand_home("~x"), "~x");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace ds4::terminal
