// ds4-eval as a user runs it, with a small random model whose answers are noise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/json.h"
#include "terminal/terminal_child.h"
#include "terminal/virtual_terminal.h"
#include "tests/shell.h"
#include "tests/small_model.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::string kProgram = DS4_BUILD_DIR "/ds4-eval";

std::string question(const std::string& skill, const std::string& more) {
  return R"({"skill":")" + skill + R"(","prompt":"Tell me.","options":{"thinking_mode":"chat"},)" +
         more + "}\n";
}

// Whose noise ends: nothing in it may go on for long.
const std::string kSchema =
    R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object",)"
    R"("properties":{"a":{"enum":["x","y"]},"n":{"type":"integer"},"b":{"type":"boolean"}},)"
    R"("required":["a","n","b"],"additionalProperties":false}}},"checker":{"json_schema":true})";
const std::string kCall =
    R"("tools":[{"type":"function","function":{"name":"go","strict":true,"parameters":{"type":)"
    R"("object","properties":{"to":{"enum":["north","south"]}},"required":["to"],)"
    R"("additionalProperties":false}}}],"checker":{"tool_calls":[{"name":"go","arguments":)"
    R"({"to":"north"}}]})";

class eval_program : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = tests::temporary_path("eval");
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::vector<std::string> lines(const std::string& name) const {
    std::ifstream in(path(name));
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }
  Ran eval(const std::string& arguments) const {
    const bool has_context = arguments.find("--ctx") != std::string::npos;
    return run("'" + kProgram + "' -m " + tests::small_model() +
               (has_context ? "" : " --ctx 8192") + " --threads 1 " + arguments);
  }

  std::string folder_;
};

TEST_F(eval_program, a_row_for_each_skill) {
  write("mine.jsonl",
        question("words", R"("chance":0.5,"checker":{"regex":".*\n*","dot_all":true})") +
            question("words", R"("chance":0.5,"checker":{"exact":"never this"})") +
            question("numbers", R"("checker":{"number":1e300})"));
  const Ran ran = eval("-n 8 --plain --show-failures 1 " + path("mine.jsonl"));
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, HasSubstr("skill"));
  EXPECT_THAT(ran.output, testing::ContainsRegex("words +2/2 .* 50 %"));
  EXPECT_THAT(ran.output, testing::ContainsRegex("numbers +1/1 +0 % +0.79"));
  EXPECT_THAT(ran.output, testing::ContainsRegex("all +3/3 "));
  EXPECT_THAT(ran.output, HasSubstr("  asked     Tell me.\n  expected  "));
  EXPECT_THAT(ran.output, HasSubstr("more wrong answers\n"));
}

TEST_F(eval_program, with_a_grammar_every_form_is_right) {
  std::string text;
  for (int i = 0; i < 3; ++i) text += question("json", kSchema);
  for (int i = 0; i < 3; ++i) text += question("calls", kCall);
  write("forms.jsonl", text);
  for (const char* how : {"", " --temp 1 --seed 3", " --mtp-draft 0"}) {
    const Ran ran = eval("-n 400 --grammar --json " + path("forms.jsonl") + how);
    ASSERT_EQ(ran.status, 0) << ran.output;
    std::istringstream out(ran.output);
    int answers = 0;
    for (std::string line; std::getline(out, line);) {
      const auto json = parse_json(line);
      ASSERT_TRUE(json.ok()) << line;
      if (json->find("type")->as_string() == "summary") {
        EXPECT_EQ(json->find("total")->find("well_formed")->as_int(), 6);
        EXPECT_EQ(json->find("skills")->as_array().size(), 2u);
        continue;
      }
      ++answers;
      EXPECT_TRUE(json->find("well_formed")->as_bool()) << line;
      EXPECT_FALSE(json->find("cut_off")->as_bool()) << line;
    }
    EXPECT_EQ(answers, 6);
  }
  // Without one, noise is no JSON.
  EXPECT_THAT(eval("-n 40 --plain " + path("forms.jsonl")).output,
              testing::ContainsRegex("all +6/6 .* 0 % "));
}

TEST_F(eval_program, goes_on_where_it_ended) {
  std::string text;
  for (int i = 0; i < 6; ++i) text += question("a", R"("checker":{"exact":"x"})");
  for (int i = 0; i < 6; ++i) text += question("b", R"("checker":{"exact":"x"})");
  write("q.jsonl", text);
  const std::string how = "-n 8 --resume " + path("r.jsonl") + " " + path("q.jsonl") + " --plain ";
  EXPECT_EQ(eval(how + "--limit 2").status, 0);
  EXPECT_EQ(lines("r.jsonl").size(), 1u + 4);
  EXPECT_EQ(eval(how + "--skill b").status, 0);
  EXPECT_EQ(lines("r.jsonl").size(), 1u + 8);
  const Ran whole = eval(how);
  EXPECT_THAT(whole.output, testing::ContainsRegex("all +12/12 "));
  EXPECT_EQ(lines("r.jsonl").size(), 1u + 12);
  // Nothing is left to ask; the same table comes from the file, byte for byte.
  EXPECT_EQ(eval(how).output, eval(how + "--mtp-draft 2").output);
  EXPECT_EQ(lines("r.jsonl").size(), 1u + 12);

  for (const char* other :
       {" --seed 1", " --temp 0.5", " --grammar", " --ctx 2048", " --effort low"}) {
    const Ran refused = eval(how + other);
    EXPECT_EQ(refused.status, 1) << other;
    EXPECT_THAT(refused.output, HasSubstr("under other settings")) << other;
  }
  write("q.jsonl", text + question("c", R"("checker":{"exact":"x"})"));
  EXPECT_THAT(eval(how).output, HasSubstr("of other suites"));
  EXPECT_EQ(lines("r.jsonl").size(), 1u + 12);
}

TEST_F(eval_program, answers_do_not_depend_on_what_was_asked_before) {
  write("q.jsonl", question("a", R"("checker":{"exact":"x"})") +
                       R"({"skill":"b","prompt":"And now?","checker":{"exact":"x"}})" + "\n" +
                       question("c", kCall));
  const std::string how = "-n 30 --temp 1 --seed 7 " + path("q.jsonl");
  ASSERT_EQ(eval(how + " --resume " + path("all.jsonl")).status, 0);
  for (const char* skill : {"c", "b", "a"}) {
    ASSERT_EQ(eval(how + " --resume " + path("one.jsonl") + " --skill " + skill).status, 0);
  }
  const auto all = lines("all.jsonl"), one = lines("one.jsonl");
  ASSERT_EQ(all.size(), 4u);
  ASSERT_EQ(one.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) {
    const auto a = parse_json(all[i]), b = parse_json(one[4 - i]);
    for (const char* key : {"id", "got", "reasoning", "answer_tokens"}) {
      EXPECT_EQ(*a->find(key), *b->find(key)) << key;
    }
  }
}

TEST_F(eval_program, ctrl_c_keeps_what_is_answered_and_shows_it) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += question("many", R"("checker":{"exact":"x"})");
  write("q.jsonl", text);
  terminal::TerminalChild child([&] {
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::execl(kProgram.c_str(), "ds4-eval", "-m", tests::small_model().c_str(), "--ctx", "4096", "-n",
            "64", "--resume", path("r.jsonl").c_str(), path("q.jsonl").c_str(), nullptr);
  });
  DS4_NEED_TERMINAL(child);
  terminal::VirtualTerminal screen(80, 24);
  std::size_t read = 0;
  const auto shows = [&](std::string_view part) {
    return child.wait_until([&](const std::string& seen) {
      screen.write(std::string_view(seen).substr(read));
      read = seen.size();
      return screen.text().find(part) != std::string::npos;
    });
  };
  ASSERT_TRUE(shows(" left; this answer: ")) << screen.text();
  child.type("typed\r");
  child.type("\x03");
  ASSERT_TRUE(shows("stopped: ")) << screen.text();
  EXPECT_EQ(child.wait_for_end(), 128 + SIGINT);
  EXPECT_TRUE(child.is_as_before());
  EXPECT_EQ(screen.mistakes(), "");
  EXPECT_THAT(screen.text(), Not(HasSubstr("typed")));
  const std::size_t answered = lines("r.jsonl").size() - 1;
  EXPECT_GT(answered, 0u);
  EXPECT_LT(answered, 2000u);
  EXPECT_THAT(screen.text(), HasSubstr(" " + std::to_string(answered) + "/2000 "));
}

TEST_F(eval_program, mistakes_get_one_sentence) {
  write("bad.jsonl", question("a", R"("checker":{"exact":"x"})") + "{\"skill\":3}\n");
  write("long.jsonl",
        R"({"skill":"a","prompt":")" + std::string(20000, 'q') + R"(","checker":{"exact":"x"}})");
  write("good.jsonl", question("a", R"("checker":{"exact":"x"})"));
  fs::create_directories(path("empty"));
  struct Case {
    std::string arguments;
    const char* complaint;
  };
  for (const Case& c :
       {Case{path("bad.jsonl"), "bad.jsonl: line 2: skill: expected a string, found a number\n"},
        {path("none.jsonl"), "none.jsonl: cannot open suite: "},
        {path("empty"), "empty: holds no .jsonl files\n"},
        {"--suite " + path("none.jsonl"), "none.jsonl: cannot open suite: "},
        {path("good.jsonl") + " --skill z", "no skill contains \"z\"\n"},
        {path("good.jsonl") + " " + path("good.jsonl"), "a second suite named good"},
        {path("long.jsonl"), "long, question 1: the prompt has "},
        {path("good.jsonl") + " --temp 5", "temperature is 5"},
        {"--suite soft", "eval/soft is not here; looked for "},
        {path("good.jsonl") + " --resume /dev/null", "ordinary file"}}) {
    const Ran ran = eval(c.arguments);
    EXPECT_THAT(ran.output, HasSubstr(c.complaint)) << c.arguments;
    EXPECT_EQ(ran.status, 1) << c.arguments;
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
  }
}

TEST_F(eval_program, suites_are_found_by_name_and_by_path_and_run) {
  const std::string path = "--suite " DS4_SOURCE_DIR "/eval/hard/";
  for (const std::string& suite :
       {std::string("--skill add"), std::string("--suite demo --skill json"),
        std::string("--suite hard --skill math"), path + " --skill math"}) {
    const Ran ran = eval(suite + " --limit 1 -n 1 --plain");
    EXPECT_EQ(ran.status, 0) << ran.output;
    EXPECT_THAT(ran.output, testing::ContainsRegex("\nall +[0-9]+/[0-9]+ "));
  }
}

}  // namespace
}  // namespace ds4
