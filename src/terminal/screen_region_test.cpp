#include "terminal/screen_region.h"

#include <gtest/gtest.h>

#include <random>

#include "terminal/virtual_terminal.h"

namespace ds4::terminal {
namespace {

std::vector<Row> rows_of(const std::vector<std::string>& texts) {
  std::vector<Row> rows;
  for (const std::string& text : texts) rows.push_back({text, display_width(text)});
  return rows;
}

TEST(screen_region, redraws_in_place_and_settles) {
  VirtualTerminal screen(10, 5);
  ScreenRegion region;
  const ScreenSize size{10, 5};
  screen.write("before\r\n");
  screen.write(region.show(rows_of({"one", "two"}), size));
  EXPECT_EQ(screen.text(), "before\none\ntwo");
  screen.write(region.show(rows_of({"one!", "two", "three"}), size));
  EXPECT_EQ(screen.text(), "before\none!\ntwo\nthree");
  screen.write(region.show(rows_of({"x"}), size, 0, 1));
  EXPECT_EQ(screen.text(), "before\nx");
  EXPECT_EQ(screen.cursor_line(), 1U);
  EXPECT_EQ(screen.cursor_column(), 1);
  screen.write(region.settle(rows_of({"a", "b"}), size));
  screen.write(region.show(rows_of({"next"}), size));
  EXPECT_EQ(screen.text(), "before\na\nb\nnext");
  screen.write(region.clear(size));
  EXPECT_EQ(screen.text(), "before\na\nb");
  EXPECT_EQ(screen.mistakes(), "");
}

TEST(screen_region, draws_no_more_than_what_changed) {
  ScreenRegion region;
  (void)region.show(rows_of({"one", "two"}), {10, 5});
  const std::string same = region.show(rows_of({"one", "two"}), {10, 5});
  EXPECT_EQ(same.find("two"), std::string::npos);
  const std::string last = region.show(rows_of({"one", "twofold"}), {10, 5});
  EXPECT_EQ(last.find("one"), std::string::npos);
}

// Whatever was shown before, the screen looks like the rows of the last call.
TEST(screen_region, ends_the_same_from_any_past) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  const auto below = [&](unsigned n) { return random() % n; };
  for (int round = 0; round < 300; ++round) {
    const ScreenSize size{8, 6};
    VirtualTerminal screen(size.columns, size.rows);
    ScreenRegion region;
    std::string settled;
    for (unsigned i = below(7); i > 0; --i) {
      screen.write("line\r\n");
      settled += "line\n";
    }
    for (int show = 0; show < 6; ++show) {
      std::vector<std::string> texts(below(5) + 1);
      for (std::string& text : texts) {
        for (unsigned n = below(5); n > 0; --n) text += below(3) == 0 ? "日" : "x";
        if (display_width(text) < 8 && below(4) == 0)
          text.append(static_cast<std::size_t>(8 - display_width(text)), 'y');
      }
      texts.back() += "|";
      if (display_width(texts.back()) > 8) texts.back() = "|";
      const int cursor_row = static_cast<int>(below(static_cast<unsigned>(texts.size())));
      screen.write(region.show(rows_of(texts), size, cursor_row, 2));
      std::string expected = settled;
      for (std::size_t i = 0; i < texts.size(); ++i) expected += (i > 0 ? "\n" : "") + texts[i];
      ASSERT_EQ(screen.text(), expected);
      ASSERT_EQ(screen.mistakes(), "");
      ASSERT_EQ(screen.cursor_column(), 2);
    }
  }
}

TEST(screen_region, follows_a_screen_that_becomes_narrow_or_wide) {
  VirtualTerminal screen(20, 10);
  ScreenRegion region;
  screen.write("before\r\n");
  screen.write(region.show(rows_of({"0123456789abcde", "0123456789abcdef"}), {20, 10}));
  screen.resize(8, 10);
  screen.write(region.show(rows_of({"01234567", "89"}), {8, 10}));
  EXPECT_EQ(screen.text(), "before\n01234567\n89");
  screen.resize(30, 10);
  screen.write(region.show(rows_of({"0123456789"}), {30, 10}));
  EXPECT_EQ(screen.text(), "before\n0123456789");
  EXPECT_EQ(screen.mistakes(), "");
}

TEST(window_around, keeps_the_focus_and_counts_the_rest) {
  std::vector<std::string> texts;
  for (int i = 0; i < 20; ++i) texts.push_back(std::to_string(i));
  const RowWindow middle = window_around(rows_of(texts), 10, 5, false);
  ASSERT_EQ(middle.rows.size(), 5U);
  EXPECT_EQ(middle.rows[0].text, "... 9 rows ...");
  EXPECT_EQ(middle.rows[static_cast<std::size_t>(middle.focus)].text, "10");
  EXPECT_EQ(middle.rows[4].text, "... 8 rows ...");
  const RowWindow end = window_around(rows_of(texts), 19, 5, false);
  EXPECT_EQ(end.rows[static_cast<std::size_t>(end.focus)].text, "19");
  EXPECT_EQ(end.rows[0].text, "... 16 rows ...");
  const RowWindow start = window_around(rows_of(texts), 0, 5, false);
  EXPECT_EQ(start.focus, 0);
  EXPECT_EQ(start.rows[0].text, "0");
  EXPECT_EQ(start.rows[4].text, "... 16 rows ...");
  for (int focus = 0; focus < 20; ++focus) {
    const RowWindow window = window_around(rows_of(texts), focus, 6, false);
    ASSERT_EQ(window.rows.size(), 6U);
    EXPECT_EQ(window.rows[static_cast<std::size_t>(window.focus)].text, std::to_string(focus));
  }
  EXPECT_EQ(window_around(rows_of({"a", "b"}), 1, 5, false).rows.size(), 2U);
}

TEST(head_and_tail, counts_what_is_between) {
  const auto shown = head_and_tail(rows_of({"a", "b", "c", "d", "e", "f"}), 5, 2, false);
  EXPECT_EQ(shown, rows_of({"a", "b", "... 2 rows ...", "e", "f"}));
  EXPECT_EQ(head_and_tail(rows_of({"a", "b"}), 2, 2, false).size(), 2U);
}

}  // namespace
}  // namespace ds4::terminal
