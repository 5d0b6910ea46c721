// What people see of `ds4` without a command, and what other programs get: the real command line
// over an engine that follows the script of tests/scripted_face.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "terminal/terminal_child.h"
#include "terminal/virtual_terminal.h"
#include "tests/shell.h"

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using terminal::TerminalChild;
using terminal::VirtualTerminal;
using testing::HasSubstr;
using testing::Not;

constexpr char kProgram[] = DS4_BUILD_DIR "/tests/scripted_ds4";

class terminal_chat_test : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ds4_chat_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // In the child: becomes the program.
  void start(const char* term = "xterm", const char* no_colour = "",
             const char* pause = "0") const {
    ::setenv("XDG_STATE_HOME", folder_.c_str(), 1);
    ::setenv("TERM", term, 1);
    ::setenv("NO_COLOR", no_colour, 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::setenv("DS4_SCRIPT_PAUSE_US", pause, 1);
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    ::execl(kProgram, "ds4", "-m", "scripted", nullptr);
  }
  Ran once(const std::string& arguments) const {
    return run("XDG_STATE_HOME=" + folder_.string() + " '" + kProgram + "' -m scripted " +
               arguments);
  }
  fs::path folder_;
};

// What the screen looks like when the program waits for a line.
class Screen {
 public:
  Screen(TerminalChild& child, int columns, int rows) : child_(child), screen_(columns, rows) {}
  // Looks until the text is on the screen below what was there at the last call.
  bool shows(std::string_view text) {
    return child_.wait_until([&](const std::string& seen) {
      screen_.write(std::string_view(seen).substr(read_));
      read_ = seen.size();
      return screen_.text().find(text) != std::string::npos;
    });
  }
  std::string text() const { return screen_.text(); }
  const VirtualTerminal& terminal() const { return screen_; }

 private:
  TerminalChild& child_;
  VirtualTerminal screen_;
  std::size_t read_ = 0;
};

TEST_F(terminal_chat_test, a_conversation_on_a_terminal) {
  TerminalChild child([&] { start(); });
  DS4_NEED_TERMINAL(child);
  Screen screen(child, 80, 24);
  ASSERT_TRUE(screen.shows("/help lists the commands.")) << screen.text();
  child.type("hello *there*\r");
  ASSERT_TRUE(screen.shows("tokens/s\n\n>")) << screen.text();
  EXPECT_EQ(screen.text(),
            "Scripted model on paper, context of 4,096 tokens. /help lists the commands.\n"
            "> hello *there*\n"
            "\n"
            "Let me repeat it.\n"
            "\n"
            "You said: hello there\n"
            "\n"
            "36 of 4,096 tokens, answer 10.0 tokens/s\n"
            "\n"
            ">");
  EXPECT_EQ(screen.terminal().style_of("Let me"), "2");
  EXPECT_EQ(screen.terminal().mistakes(), "");
  child.type("/quit\r");
  EXPECT_EQ(child.wait_for_end(), 0);
  EXPECT_TRUE(child.is_as_before());
}

TEST_F(terminal_chat_test, markdown_is_readable_at_any_width) {
  for (const int columns : {40, 80, 200}) {
    TerminalChild child([&] { start(); }, columns, 24);
    DS4_NEED_TERMINAL(child);
    Screen screen(child, columns, 24);
    child.type("markdown\r");
    ASSERT_TRUE(screen.shows("tokens/s\n\n>")) << screen.text();
    const std::string text = screen.text();
    EXPECT_THAT(text, HasSubstr("\nSome bold, italic and inline code"));
    EXPECT_THAT(text, HasSubstr("   ◦ with another inside"));
    EXPECT_THAT(text, HasSubstr("\n│ A quote.\n│ │ Deeper.\n"));
    EXPECT_THAT(text, HasSubstr("\nint main() {\n    return 0;  // *not italic*\n}\n"));
    EXPECT_THAT(text,
                HasSubstr("\nName   │ Price\n───────┼──────\nApple  │  1.50\n日本酒 │ 12.00\n"));
    EXPECT_EQ(screen.terminal().mistakes(), "");
  }
}

TEST_F(terminal_chat_test, ctrl_c_stops_the_answer_then_clears_then_leaves) {
  TerminalChild child([&] { start("xterm", "", "1000"); });
  DS4_NEED_TERMINAL(child);
  Screen screen(child, 80, 24);
  child.type("count 100000\r");
  ASSERT_TRUE(screen.shows(" 25 26 ")) << screen.text();
  child.type("\x03");
  ASSERT_TRUE(screen.shows("\nstopped, ")) << screen.text();
  child.type("something");
  ASSERT_TRUE(screen.shows("> something"));
  child.type("\x03");
  ASSERT_TRUE(screen.shows("Ctrl+C again"));
  child.type("\x03");
  EXPECT_EQ(child.wait_for_end(), 0);
  EXPECT_TRUE(child.is_as_before());
}

TEST_F(terminal_chat_test, progress_of_a_long_prompt) {
  TerminalChild child([&] { start("xterm", "", "20000"); });
  DS4_NEED_TERMINAL(child);
  Screen screen(child, 80, 24);
  child.type("read 100000\r");
  ASSERT_TRUE(screen.shows("% ")) << screen.text();
  EXPECT_THAT(screen.text(), HasSubstr("of 100,000"));
  ASSERT_TRUE(screen.shows("\ndone\n")) << screen.text();
  EXPECT_THAT(screen.text(), Not(HasSubstr("of 100,000")));
}

TEST_F(terminal_chat_test, commands_of_a_conversation) {
  std::ofstream(path("note.txt")) << "a note";
  TerminalChild child([&] { start(); });
  DS4_NEED_TERMINAL(child);
  Screen screen(child, 80, 60);
  const auto type = [&](const std::string& line, const std::string& answer) {
    child.type(line + "\r");
    ASSERT_TRUE(screen.shows(answer)) << line << "\n" << screen.text();
  };
  type("/nothink", "Answers come at once.");
  type("one", "You said: one\n\n");
  type("/fork", "This is conversation 2 now");
  type("two", "2> two\n\nYou said: two\n\n");
  type("/undo", "Taken back: two");
  type("/fork 1", "A conversation of 2 messages.");
  type("/fork 9", "there is no conversation 9, only 1 to 2");
  type("/save my talk", "sessions/my talk.ds4s.");
  type("/load my talk", "A conversation of 2 messages.\n1> one\nYou said: one");
  type("/load none", "none.ds4s: no such conversation");
  type("/read " + path("note.txt"), "goes with the next message.");
  type("see", "File note.txt:");
  type("/read " + path("note.txt"), "goes with the next message.");
  type("/read", "No file goes with the next message.");
  type("/system Be brief.", "hold from the next message on");
  type("/system", "\nBe brief.");
  type("/effort low", "with effort low.");
  type("/steer 2", "there is no direction");
  type("/steer x", "'x' is no number");
  type("/tokens", " of memory.");
  type("/stats", "Scripted model, 3 layers");
  type("/thnik", "did you mean /think?");
  type("/read /bin/sh", "not a text file");
  child.type("\x04");
  EXPECT_EQ(child.wait_for_end(), 0);
  EXPECT_EQ(screen.terminal().mistakes(), "");
}

TEST_F(terminal_chat_test, history_lasts_and_is_private) {
  for (const char* keys : {"remember me\r", "\x1b[A\x1b[A\r"}) {
    TerminalChild child([&] { start(); });
    DS4_NEED_TERMINAL(child);
    // The prompt is there: nothing that is typed is shown by the terminal itself.
    ASSERT_TRUE(child.wait_for("\x1b[?2004h"));
    child.type(keys);
    EXPECT_TRUE(child.wait_for("You said: remember me"));
    EXPECT_TRUE(child.wait_for("tokens/s"));
    child.type("/quit\r");
    EXPECT_EQ(child.wait_for_end(), 0);
  }
  const auto mode = fs::status(folder_ / "ds4" / "history").permissions();
  EXPECT_EQ(mode & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(terminal_chat_test, no_color_means_no_styles) {
  TerminalChild child([&] { start("xterm", "1"); });
  DS4_NEED_TERMINAL(child);
  child.type("markdown\r");
  ASSERT_TRUE(child.wait_for("tokens/s"));
  child.type("/quit\r");
  EXPECT_EQ(child.wait_for_end(), 0);
  for (std::size_t at = 0; (at = child.seen().find("\x1b[", at)) != std::string::npos; ++at) {
    const std::size_t end = child.seen().find_first_not_of("?;0123456789", at + 2);
    // The very last one makes the terminal plain again.
    if (child.seen()[end] == 'm') {
      EXPECT_EQ(child.seen().substr(at, end + 1 - at), "\x1b[0m");
    }
  }
  EXPECT_THAT(child.seen(), HasSubstr("**bold**"));
}

TEST_F(terminal_chat_test, a_dumb_terminal_gets_plain_lines) {
  TerminalChild child([&] { start("dumb"); });
  DS4_NEED_TERMINAL(child);
  child.type("controls\n");
  ASSERT_TRUE(child.wait_for("clear <9b>2J")) << child.seen();
  child.type("one\\\ntwo\n");
  ASSERT_TRUE(child.wait_for("You said: one\r\ntwo")) << child.seen();
  child.type("\x04");
  EXPECT_EQ(child.wait_for_end(), 0);
  EXPECT_THAT(child.seen(), Not(HasSubstr("\x1b")));
}

TEST_F(terminal_chat_test, a_resize_in_the_middle_of_an_answer_keeps_the_text) {
  TerminalChild child([&] { start("xterm", "", "2000"); });
  DS4_NEED_TERMINAL(child);
  child.type("count 300\r");
  ASSERT_TRUE(child.wait_for(" 50 "));
  child.resize(37, 20);
  ASSERT_TRUE(child.wait_for("tokens/s"));
  EXPECT_NE(child.seen().find("299 300"), std::string::npos);
}

TEST_F(terminal_chat_test, answers_of_a_chat_can_go_to_a_file) {
  const std::string out = path("out.txt");
  TerminalChild child([&] {
    const int file = ::open(out.c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    ::dup2(file, STDOUT_FILENO);
    ::setenv("XDG_STATE_HOME", folder_.c_str(), 1);
    ::setenv("NO_COLOR", "1", 1);
    ::execl(kProgram, "ds4", "-m", "scripted", nullptr);
  });
  DS4_NEED_TERMINAL(child);
  child.type("one\n");
  ASSERT_TRUE(child.wait_for("Let me repeat it.")) << child.seen();
  child.type("\x04");
  EXPECT_EQ(child.wait_for_end(), 0);
  std::ifstream in(out);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "You said: one\n");
}

TEST_F(terminal_chat_test, once_the_answer_comes_out_exactly) {
  EXPECT_EQ(once("-p '*a*  b' --nothink 2>/dev/null").output, "You said: *a*  b");
  EXPECT_EQ(once("-p controls 2>/dev/null").output,
            "red \x1b[31m bell \x07 title \x1b]0;x\x07 clear \xc2\x9b"
            "2J\n");
  EXPECT_EQ(once("-p hi 2>&1 >/dev/null").output, "Let me repeat it.\n");
  EXPECT_EQ(once("-p hi --hide-thinking 2>&1 >/dev/null").output, "");
  std::ofstream(path("prompt.txt")) << "from a file\n";
  EXPECT_EQ(once("--nothink --prompt-file " + path("prompt.txt")).output, "You said: from a file");
  EXPECT_EQ(once("--nothink < " + path("prompt.txt")).output, "You said: from a file");
  EXPECT_EQ(once("--nothink --raw < " + path("prompt.txt")).output, "You said: from a file\n");
}

TEST_F(terminal_chat_test, once_what_is_wrong_is_one_sentence_and_an_exit_code) {
  const auto expect = [&](const std::string& arguments, int status, const std::string& words) {
    const Ran ran = once(arguments);
    EXPECT_EQ(ran.status, status) << arguments;
    EXPECT_EQ(ran.output, words + "\n") << arguments;
  };
  std::ofstream(path("bad.txt")) << "ab\xff";
  expect("< " + path("bad.txt"), 1, "standard input: not UTF-8 text: byte 2 is wrong");
  expect("-p ''", 1, "the prompt is empty");
  expect("", 1, "standard input: the prompt is empty");
  expect("-p fail", 1, "the script says so");
  EXPECT_THAT(once("--prompt-file /no/such").output, HasSubstr("/no/such: cannot open file"));
  EXPECT_THAT(once("-p a --load-session none").output,
              HasSubstr("none.ds4s: no such conversation"));
}

TEST_F(terminal_chat_test, once_a_closed_pipe_ends_quietly) {
  EXPECT_EQ(once("-p 'count 100000' | head -c 10").output, "1 2 3 4 5 ");
}

TEST_F(terminal_chat_test, once_an_interrupt_ends_with_130) {
  const std::string out = path("out.txt");
  const Ran ran = run("DS4_SCRIPT_PAUSE_US=1000 '" + std::string(kProgram) +
                      "' -m scripted -p 'count 100000' >" + out + " & pid=$!; until [ -s " + out +
                      " ]; do sleep 0.05; done; kill -INT $pid; wait $pid; echo $?");
  EXPECT_EQ(ran.output, "130\n");
}

TEST_F(terminal_chat_test, once_json_is_an_event_a_line) {
  std::istringstream lines(once("-p hi --json").output);
  std::string types, answer;
  Json last;
  for (std::string line; std::getline(lines, line);) {
    const auto event = parse_json(line);
    ASSERT_TRUE(event.ok()) << line;
    const std::string type = event->find("type")->as_string();
    if (type == "answer") answer += event->find("text")->as_string();
    if (types.size() < type.size() || types.substr(types.size() - type.size()) != type)
      types += " " + type;
    last = *event;
  }
  EXPECT_EQ(types, " reasoning reasoning_end answer finished");
  EXPECT_EQ(answer, "You said: hi");
  EXPECT_EQ(last.find("answer")->as_string(), answer);
  EXPECT_EQ(last.find("reason")->as_string(), "stop");
  EXPECT_EQ(last.find("reasoning")->as_string(), "Let me repeat it.");
  EXPECT_EQ(last.find("stats")->find("context_tokens")->as_int(), 4096);
}

TEST_F(terminal_chat_test, once_sessions_go_on) {
  EXPECT_EQ(once("-p first --nothink --save-session talk").output, "You said: first");
  EXPECT_TRUE(fs::exists(folder_ / "ds4/sessions/talk.ds4s"));
  const Ran second = once("-p second --nothink --load-session talk --json");
  EXPECT_THAT(second.output, HasSubstr("\"prompt_tokens\":26"));
}

}  // namespace
}  // namespace ds4
