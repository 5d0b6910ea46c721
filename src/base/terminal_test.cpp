#include "base/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "base/terminal_fixture.h"

namespace ds4 {
namespace {

TEST(terminal_style, a_pipe_is_none) {
  const PipeEnd pipe;
  EXPECT_FALSE(terminal_style(pipe.descriptor()).redraw);
  EXPECT_FALSE(terminal_style(pipe.descriptor()).colour);
}

TEST(terminal_style, follows_the_terminal_and_the_environment) {
  const FakeTerminal terminal(123);
  DS4_NEED_TERMINAL(terminal);
  const SavedVariable term("TERM", "xterm"), no_colour("NO_COLOR", ""), all("LC_ALL", "C.UTF-8");
  TerminalStyle style = terminal_style(terminal.descriptor());
  EXPECT_TRUE(style.redraw && style.colour && style.unicode);
  EXPECT_EQ(style.columns, 123);
  {
    const SavedVariable set("NO_COLOR", "1");
    style = terminal_style(terminal.descriptor());
    EXPECT_TRUE(style.redraw);
    EXPECT_FALSE(style.colour);
  }
  {
    const SavedVariable dumb("TERM", "dumb");
    EXPECT_FALSE(terminal_style(terminal.descriptor()).redraw);
  }
  {
    const SavedVariable plain("LC_ALL", "C");
    EXPECT_FALSE(terminal_style(terminal.descriptor()).unicode);
  }
}

TEST(console, lines_go_above_the_status) {
  PipeEnd pipe;
  Console console(pipe.descriptor());
  console.line("one");
  console.status("50%");
  console.line("two");
  console.finish_status("done");
  console.line("three");
  EXPECT_EQ(pipe.text(),
            "one\n"
            "\r\x1b[K50%"
            "\r\x1b[Ktwo\n50%"
            "\r\x1b[Kdone\n"
            "three\n");
}

TEST(console, lines_of_many_threads_stay_whole) {
  PipeEnd pipe;
  Console console(pipe.descriptor());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&console, t] {
      for (int i = 0; i < 50; ++i) console.line(std::string(20, static_cast<char>('a' + t)));
    });
  }
  for (auto& thread : threads) thread.join();
  const std::string text = pipe.text();
  ASSERT_EQ(text.size(), 8U * 50 * 21);
  for (std::size_t at = 0; at < text.size(); at += 21) {
    EXPECT_EQ(text.substr(at, 20), std::string(20, text[at]));
    EXPECT_EQ(text[at + 20], '\n');
  }
}

}  // namespace
}  // namespace ds4
