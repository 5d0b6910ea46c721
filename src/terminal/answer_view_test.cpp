#include "terminal/answer_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "terminal/virtual_terminal.h"

namespace ds4::terminal {
namespace {

using testing::HasSubstr;
using testing::Not;

Screen screen_of(int columns, int rows) {
  return {{.redraw = true, .colour = true, .unicode = true, .columns = columns}, rows};
}

Finished finished_with(std::uint64_t used) {
  Finished finished;
  finished.stats.context_used = used;
  finished.stats.context_tokens = 100;
  return finished;
}

TEST(answer_view, thinking_is_dim_and_the_answer_is_markdown) {
  const Screen screen = screen_of(40, 20);
  VirtualTerminal terminal(40, 20);
  AnswerView view;
  for (const Event& event :
       std::vector<Event>{ReasoningText{"Let me"}, ReasoningText{" think."}, ReasoningEnded{},
                          AnswerText{"It is **bo"}, AnswerText{"ld**.\n"}, finished_with(12)}) {
    terminal.write(view.show(event, screen));
    EXPECT_THAT(terminal.text(), Not(HasSubstr("*")));
  }
  EXPECT_EQ(terminal.text(), "Let me think.\n\nIt is bold.\n\n12 of 100 tokens");
  EXPECT_EQ(terminal.style_of("Let me"), "2");
  EXPECT_EQ(terminal.style_of("bold"), "1");
  EXPECT_EQ(terminal.style_of("12 of"), "2");
  EXPECT_EQ(terminal.cursor_column(), 0);
  EXPECT_EQ(terminal.mistakes(), "");
}

TEST(answer_view, progress_makes_room_for_the_answer) {
  const Screen screen = screen_of(60, 20);
  VirtualTerminal terminal(60, 20);
  AnswerView view;
  terminal.write(view.show(Progress{100, 9000, 0.1}, screen));
  EXPECT_EQ(terminal.text(), "");
  terminal.write(view.show(Progress{1000, 9000, 1}, screen));
  EXPECT_THAT(terminal.text(), HasSubstr("reading"));
  EXPECT_THAT(terminal.text(), HasSubstr("8.0 s left"));
  terminal.write(view.show(AnswerText{"Yes"}, screen));
  EXPECT_EQ(terminal.text(), "Yes");
  EXPECT_EQ(terminal.mistakes(), "");
}

// What is seen in the end depends on the text alone, however it came and however high the screen.
TEST(answer_view, the_end_is_the_same_however_the_text_came) {
  const std::string text =
      "# One\n\nwords that are wrapped because they are many, *it* and `code` and **bold**\n"
      "- item\n  - nested\n\n|a|b|\n|-|-|\n|1|two words|\n|3|日本語|\n|5|6|\n|7|8|\n\n"
      "```c\nint main() { return 0; }\n```\nlast **line";
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::string expected;
  for (int round = 0; round < 100; ++round) {
    const int rows = round == 0 ? 100 : 2 + static_cast<int>(random() % 30);
    const Screen screen = screen_of(24, rows);
    VirtualTerminal terminal(24, rows);
    AnswerView view;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = round == 0 ? text.size() : 1 + random() % 8;
      std::string piece = text.substr(at, size);
      at += size;
      terminal.write(view.show(AnswerText{piece}, screen));
    }
    terminal.write(view.show(finished_with(1), screen));
    ASSERT_EQ(terminal.mistakes(), "");
    if (round == 0) expected = terminal.text();
    ASSERT_EQ(terminal.text(), expected) << rows << " rows";
  }
  EXPECT_THAT(expected, HasSubstr("3 │ 日本語\n"));
}

TEST(answer_view, a_terminal_that_cannot_redraw_gets_the_text_itself) {
  const Screen screen{{.redraw = false}, 24};
  AnswerView view;
  std::string out;
  for (const Event& event :
       std::vector<Event>{Progress{1000, 9000, 1}, ReasoningText{"Hm."}, ReasoningEnded{},
                          AnswerText{"**a** \xe6\x97"}, AnswerText{"\xa5\r"},
                          AnswerText{"\n\x1b[2J"}, finished_with(1)}) {
    out += view.show(event, screen);
  }
  EXPECT_EQ(out, "Hm.\n\n**a** 日\n^[[2J\n\n1 of 100 tokens\n");
}

TEST(answer_view, thinking_and_figures_can_be_hidden) {
  const Screen screen = screen_of(40, 20);
  VirtualTerminal terminal(40, 20);
  AnswerView view;
  view.hide_thinking();
  view.hide_figures();
  for (const Event& event :
       std::vector<Event>{ReasoningText{"Hm."}, AnswerText{"Yes"}, finished_with(1)}) {
    terminal.write(view.show(event, screen));
  }
  EXPECT_EQ(terminal.text(), "Yes");
}

TEST(answer_view, tool_calls_are_shown_and_harmless) {
  const Screen screen = screen_of(40, 20);
  VirtualTerminal terminal(40, 20);
  AnswerView view;
  for (const Event& event : std::vector<Event>{
           AnswerText{"Looking."}, ToolCallStarted{0, "1", "find"}, ToolCallArguments{0, "{\"a\":"},
           ToolCallArguments{0, "\"\x1b[2J\"}"}, ToolCallEnded{0}, finished_with(3)}) {
    terminal.write(view.show(event, screen));
  }
  EXPECT_EQ(terminal.text(), "Looking.\ncalls find {\"a\":\"^[[2J\"}\n\n3 of 100 tokens");
  EXPECT_EQ(terminal.mistakes(), "");
}

}  // namespace
}  // namespace ds4::terminal
