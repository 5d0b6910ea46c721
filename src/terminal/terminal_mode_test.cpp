#include "terminal/terminal_mode.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cstdlib>

#include "terminal/terminal_child.h"

namespace ds4::terminal {
namespace {

void say(const char* text) {
  ASSERT_GT(::write(1, text, ::strlen(text)), 0);
}

TEST(terminal_mode, is_put_right_however_the_program_ends) {
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGSEGV}) {
    TerminalChild child([] {
      set_input_mode(InputMode::editing);
      say("ready");
      for (;;) ::pause();
    });
    DS4_NEED_TERMINAL(child);
    ASSERT_TRUE(child.wait_for("ready"));
    EXPECT_FALSE(child.is_as_before());
    child.send(signal);
    EXPECT_TRUE(child.wait_for("\x1b[?2004l")) << signal;
    EXPECT_NE(child.wait_for_end(), 7) << signal;
    EXPECT_TRUE(child.is_as_before()) << signal;
  }
  TerminalChild child([] {
    set_input_mode(InputMode::editing);
    std::exit(0);
  });
  EXPECT_EQ(child.wait_for_end(), 0);
  EXPECT_TRUE(child.is_as_before());
}

TEST(terminal_mode, ctrl_c_interrupts_and_three_times_ends) {
  TerminalChild child([] {
    static int stops = 0;
    set_input_mode(InputMode::answering);
    const OnInterrupt interrupt([](void* count) { ++*static_cast<int*>(count); }, &stops);
    say("ready");
    int told = 0;
    for (;;) {
      ::usleep(1000);
      if (stops > told) say(told++ == 0 ? "one" : "two");
    }
  });
  DS4_NEED_TERMINAL(child);
  ASSERT_TRUE(child.wait_for("ready"));
  child.type("\x03");
  EXPECT_TRUE(child.wait_for("one"));
  child.type("\x03");
  EXPECT_TRUE(child.wait_for("two"));
  // What is typed while an answer runs is not shown.
  EXPECT_EQ(child.seen().find("^C"), std::string::npos);
  child.type("\x03");
  EXPECT_EQ(child.wait_for_end(), 128 + SIGINT);
  EXPECT_TRUE(child.is_as_before());
}

TEST(terminal_mode, is_put_right_while_suspended) {
  TerminalChild child([] {
    set_input_mode(InputMode::editing);
    say("ready");
    // Nobody else is in this session to continue an orphan: the stop is tried, and goes on at once.
    ::raise(SIGTSTP);
    say("again");
    for (;;) ::pause();
  });
  DS4_NEED_TERMINAL(child);
  ASSERT_TRUE(child.wait_for("again"));
  const std::size_t off = child.seen().find("\x1b[?2004l");
  EXPECT_NE(off, std::string::npos);
  EXPECT_NE(child.seen().find("\x1b[?2004h", off), std::string::npos);
  EXPECT_FALSE(child.is_as_before());
}

TEST(terminal_mode, tells_of_another_size) {
  TerminalChild child([] {
    set_input_mode(InputMode::editing);
    pollfd news{screen_news_descriptor(), POLLIN, 0};
    say("ready");
    while (::poll(&news, 1, -1) <= 0) {
    }
    take_screen_news();
    say(::poll(&news, 1, 0) == 0 ? "taken" : "still there");
    for (;;) ::pause();
  });
  DS4_NEED_TERMINAL(child);
  ASSERT_TRUE(child.wait_for("ready"));
  child.send(SIGWINCH);
  EXPECT_TRUE(child.wait_for("taken"));
}

}  // namespace
}  // namespace ds4::terminal
