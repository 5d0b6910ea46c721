#include "terminal/styled_text.h"

#include <gtest/gtest.h>

namespace ds4::terminal {
namespace {

std::vector<std::string> wrapped(const std::string& text, int first, int columns) {
  std::vector<std::string> rows;
  for (const Spans& row : wrap_words({{text, kPlain}}, first, columns)) {
    rows.push_back(draw_row(row, false).text);
  }
  return rows;
}
using Rows = std::vector<std::string>;

TEST(wrap_words, breaks_at_spaces) {
  EXPECT_EQ(wrapped("the quick brown fox", 10, 10), Rows({"the quick", "brown fox"}));
  EXPECT_EQ(wrapped("the quick brown fox", 5, 15), Rows({"the", "quick brown fox"}));
  EXPECT_EQ(wrapped("abcde fghij", 5, 5), Rows({"abcde", "fghij"}));
  EXPECT_EQ(wrapped("", 5, 5), Rows({""}));
  EXPECT_EQ(wrapped("a    b", 3, 3), Rows({"a", "b"}));
}

TEST(wrap_words, breaks_long_words_and_wide_ones) {
  EXPECT_EQ(wrapped("abcdefgh", 3, 3), Rows({"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("x abcdefgh", 4, 4), Rows({"x", "abcd", "efgh"}));
  EXPECT_EQ(wrapped("日本語の文", 5, 5), Rows({"日本", "語の", "文"}));
  EXPECT_EQ(wrapped("日本語。文", 6, 6), Rows({"日本", "語。文"}));
  EXPECT_EQ(wrapped("日本", 1, 1), Rows({"日", "本"}));
}

TEST(wrap_words, keeps_styles) {
  const auto rows = wrap_words({{"plain ", kPlain}, {"bold words", kBold}}, 11, 11);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], Spans({{"plain ", kPlain}, {"bold", kBold}}));
  EXPECT_EQ(rows[1], Spans({{"words", kBold}}));
}

TEST(wrap_exactly, keeps_every_space) {
  const auto rows = wrap_exactly({{"a  b  c", kCode}}, 3);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0][0].text, "a  ");
  EXPECT_EQ(rows[1][0].text, "b  ");
}

TEST(draw_row, ends_plain_and_counts_columns) {
  const Row row = draw_row({{"a", kPlain}, {"日", kBold | kDim}, {"b", kPlain}}, true);
  EXPECT_EQ(row.text, "a\x1b[0;1;2m日\x1b[0mb");
  EXPECT_EQ(row.columns, 4);
  EXPECT_EQ(draw_row({{"日", kBold}}, true).text, "\x1b[0;1m日\x1b[0m");
  EXPECT_EQ(draw_row({{"日", kBold}}, false).text, "日");
}

TEST(expand_tabs, goes_to_the_next_stop) {
  EXPECT_EQ(expand_tabs("\ta\tbcd\tx", 4), "    a   bcd x");
}

}  // namespace
}  // namespace ds4::terminal
