#include "terminal/line_editor.h"

#include <gtest/gtest.h>

#include <chrono>

#include "terminal/virtual_terminal.h"

namespace ds4::terminal {
namespace {

// A person at a terminal: types bytes, looks at the screen.
class Typist {
 public:
  explicit Typist(ScreenSize size = {40, 10}, Completer completer = {})
      : editor_(history_, std::move(completer)), size_(size), screen_(size.columns, size.rows) {
    editor_.begin("> ");
    draw();
  }
  Typist& type(std::string_view bytes) {
    keys_.push(bytes);
    while (const auto key = keys_.next()) press(*key);
    keys_.no_more_soon();
    while (const auto key = keys_.next()) press(*key);
    draw();
    return *this;
  }
  void resize(ScreenSize size) {
    screen_.resize(size.columns, size.rows);
    size_ = size;
    draw();
  }
  std::string screen() const { return screen_.text(); }
  // The last message, with the cursor's place marked by a bar where it is still being typed.
  std::string line() const { return editor_.text(); }
  const VirtualTerminal& terminal() const { return screen_; }
  History& history() { return history_; }
  const std::vector<std::string>& messages() const { return messages_; }
  EditOutcome last() const { return last_; }

 private:
  void press(const Key& key) {
    last_ = editor_.press(key);
    if (last_ != EditOutcome::done) return;
    messages_.push_back(editor_.text());
    EXPECT_TRUE(history_.add(editor_.text()).ok());
    screen_.write(region_.settle(editor_.final_rows(size_, false), size_));
    editor_.begin("> ");
  }
  void draw() {
    const LineEditor::View view = editor_.view(size_, false);
    ASSERT_LT(static_cast<int>(view.rows.size()), size_.rows);
    for (const Row& row : view.rows) ASSERT_LE(row.columns, size_.columns);
    screen_.write(region_.show(view.rows, size_, view.cursor_row, view.cursor_column));
    ASSERT_EQ(screen_.mistakes(), "");
  }

  History history_;
  LineEditor editor_;
  KeyReader keys_;
  ScreenSize size_;
  ScreenRegion region_;
  VirtualTerminal screen_;
  std::vector<std::string> messages_;
  EditOutcome last_ = EditOutcome::more;
};

constexpr char kLeft[] = "\x1b[D", kRight[] = "\x1b[C", kUp[] = "\x1b[A", kDown[] = "\x1b[B";
constexpr char kHome[] = "\x1b[H", kEnd[] = "\x1b[F", kCtrlLeft[] = "\x1b[1;5D";

TEST(line_editor, types_and_ends_with_enter) {
  Typist typist;
  typist.type("Hello, wörld 日本\r");
  EXPECT_EQ(typist.messages(), std::vector<std::string>({"Hello, wörld 日本"}));
  EXPECT_EQ(typist.screen(), "> Hello, wörld 日本\n>");
}

TEST(line_editor, cursor_stands_where_the_text_goes) {
  Typist typist;
  typist.type("日本語 text").type(kHome).type(kRight);
  EXPECT_EQ(typist.terminal().cursor_column(), 2 + 2);
  typist.type("x");
  EXPECT_EQ(typist.screen(), "> 日x本語 text");
  typist.type(kEnd).type(kCtrlLeft).type("\x7f").type("-");
  EXPECT_EQ(typist.screen(), "> 日x本語-text");
  typist
      .type(
          "\x01"
          "e\u0301")
      .type(kLeft);
  EXPECT_EQ(typist.terminal().cursor_column(), 2);
}

TEST(line_editor, kills_yanks_and_undoes) {
  Typist typist;
  typist.type("one two three").type("\x17").type("\x01").type("\x19");
  EXPECT_EQ(typist.line(), "threeone two ");
  typist.type("\x0b");
  EXPECT_EQ(typist.line(), "three");
  typist.type("\x1f");
  EXPECT_EQ(typist.line(), "threeone two ");
  typist.type("\x05").type("\x15");
  EXPECT_EQ(typist.line(), "");
  EXPECT_EQ(typist.screen(), ">");
}

TEST(line_editor, long_lines_wrap_and_the_cursor_follows) {
  Typist typist({10, 6});
  typist.type("0123456789abcdefgh");
  EXPECT_EQ(typist.screen(), "> 01234567\n  89abcdef\n  gh");
  typist.type(kUp);
  EXPECT_EQ(typist.terminal().cursor_row(), 1);
  EXPECT_EQ(typist.terminal().cursor_column(), 4);
  typist.type(kUp).type("_");
  EXPECT_EQ(typist.line(), "01_23456789abcdefgh");
  typist.type(kDown).type(kDown).type("|");
  EXPECT_EQ(typist.line(), "01_23456789abcdefgh|");
}

TEST(line_editor, a_full_row_gives_the_cursor_a_row_of_its_own) {
  Typist typist({10, 6});
  typist.type("01234567");
  EXPECT_EQ(typist.terminal().cursor_row(), 1);
  EXPECT_EQ(typist.terminal().cursor_column(), 2);
  typist.type("8");
  EXPECT_EQ(typist.screen(), "> 01234567\n  8");
  typist.type("\x7f\x7f\x7f");
  EXPECT_EQ(typist.screen(), "> 012345");
  // A wide character does not fit into the last column.
  typist.type(
      "\x15"
      "0123456日");
  EXPECT_EQ(typist.screen(), "> 0123456\n  日");
}

TEST(line_editor, several_lines) {
  Typist typist;
  typist.type("one\x1b\rtwo\\\rthree");
  EXPECT_EQ(typist.line(), "one\ntwo\nthree");
  EXPECT_EQ(typist.screen(), "> one\n  two\n  three");
  typist.type(kUp).type(kUp).type("\x05!").type("\r");
  EXPECT_EQ(typist.messages(), std::vector<std::string>({"one!\ntwo\nthree"}));
  EXPECT_EQ(typist.screen(), "> one!\n  two\n  three\n>");
}

TEST(line_editor, pasted_line_breaks_do_not_end_it) {
  Typist typist;
  typist.type("a\x1b[200~b\rc\r\nd\x1b[201~e");
  EXPECT_EQ(typist.messages().size(), 0U);
  EXPECT_EQ(typist.line(), "ab\nc\nde");
}

TEST(line_editor, a_long_paste_is_quick_and_shown_in_part) {
  Typist typist({80, 24});
  std::string text;
  while (text.size() < 16384) text += "word" + std::to_string(text.size()) + " ";
  const auto start = std::chrono::steady_clock::now();
  typist.type("\x1b[200~" + text + "\x1b[201~");
  typist.type("x").type(kLeft).type("\x7f");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 1.0);
  EXPECT_LE(typist.terminal().line_count(), 24U);
  EXPECT_NE(typist.screen().find("rows ..."), std::string::npos);
  typist.type("\r");
  EXPECT_EQ(typist.messages().back(), text.substr(0, text.size() - 1) + "x");
  EXPECT_LE(typist.terminal().line_count(), 24U);
  EXPECT_EQ(typist.terminal().line(0).substr(0, 8), "> word0 ");
}

TEST(line_editor, history_goes_up_and_down_and_keeps_the_draft) {
  Typist typist;
  typist.type("first\rsecond\rdra");
  EXPECT_EQ(typist.type(kUp).line(), "second");
  EXPECT_EQ(typist.type(kUp).line(), "first");
  EXPECT_EQ(typist.type(kUp).line(), "first");
  EXPECT_EQ(typist.type(kDown).type(kDown).line(), "dra");
}

TEST(line_editor, searches_the_history) {
  Typist typist({60, 10});
  typist.type("make test\rgit log\rmake all\rnew");
  typist.type(
      "\x12"
      "make");
  EXPECT_EQ(typist.terminal().line(3), "search: 'make' make all");
  typist.type("\x12");
  EXPECT_EQ(typist.terminal().line(3), "search: 'make' make test");
  typist.type("\x12");
  EXPECT_EQ(typist.terminal().line(3), "no such line: 'make' make test");
  typist.type("\x07");
  EXPECT_EQ(typist.line(), "new");
  typist.type("\x12git\r");
  EXPECT_EQ(typist.messages().back(), "git log");
}

TEST(line_editor, ctrl_c_clears_then_leaves) {
  Typist typist;
  EXPECT_EQ(typist.type("text\x03").last(), EditOutcome::more);
  EXPECT_EQ(typist.line(), "");
  EXPECT_NE(typist.screen().find("again"), std::string::npos);
  typist.type("y");
  EXPECT_EQ(typist.screen(), "> y");
  EXPECT_EQ(typist.type("\x7f\x03").last(), EditOutcome::more);
  EXPECT_EQ(typist.type("\x03").last(), EditOutcome::leave);
}

TEST(line_editor, ctrl_d_leaves_an_empty_line_only) {
  Typist typist;
  EXPECT_EQ(typist.type("ab").type(kHome).type("\x04").last(), EditOutcome::more);
  EXPECT_EQ(typist.line(), "b");
  EXPECT_EQ(typist.type("\x04\x04").last(), EditOutcome::leave);
}

TEST(line_editor, tab_completes_and_lists) {
  const Completer completer = [](std::string_view before) {
    Completions found;
    for (const char* word : {"/think", "/think-max", "/tokens", "/save "}) {
      if (std::string_view(word).substr(0, before.size()) == before) found.words.push_back(word);
    }
    return found;
  };
  Typist typist({40, 10}, completer);
  EXPECT_EQ(typist.type("/s\t").line(), "/save ");
  EXPECT_EQ(typist.type("\x15/th\t").line(), "/think");
  EXPECT_EQ(typist.screen(), "> /think");
  typist.type("\t");
  EXPECT_EQ(typist.screen(), "> /think\n/think  /think-max");
  EXPECT_EQ(typist.type("x").screen(), "> /thinkx");
}

TEST(line_editor, redraws_after_a_resize) {
  Typist typist({40, 10});
  typist.type("before\r0123456789 0123456789 0123456789 xy");
  typist.resize({20, 10});
  EXPECT_EQ(typist.screen(), "> before\n> 0123456789 0123456\n  789 0123456789 xy");
  typist.resize({60, 10});
  EXPECT_EQ(typist.screen(), "> before\n> 0123456789 0123456789 0123456789 xy");
}

TEST(line_editor, a_tiny_screen_is_no_trouble) {
  Typist typist({4, 3});
  typist.type("日本語 hello 🙂\x1b\rmore").type(kUp).type("\x01").type("\t\x12zz\x03");
  EXPECT_LE(typist.terminal().line_count(), 3U);
}

}  // namespace
}  // namespace ds4::terminal
