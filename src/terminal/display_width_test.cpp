#include "terminal/display_width.h"

#include <gtest/gtest.h>
#include <wchar.h>

#include <clocale>

#include "base/utf8.h"

namespace ds4::terminal {
namespace {

TEST(display_width, of_known_texts) {
  struct Case {
    const char* text;
    int columns;
  };
  for (const Case& c :
       {Case{"", 0},        Case{"abc", 3},      Case{"naïve", 5},
        Case{"e\u0301", 1}, Case{"日本語", 6},   Case{"ｱ", 1},
        Case{"Ａ", 2},      Case{"한국", 4},     Case{"\u1112\u1161\u11ab", 2},
        Case{"🙂", 2},    Case{"👍🏽", 2}, Case{"👩‍👩‍👧‍👦", 2},
        Case{"🇩🇪🇫🇷", 4},    Case{"❤", 1},        Case{"❤️", 2},
        Case{"1️⃣", 2}, Case{"שָׁלוֹם", 4},     Case{"\u200b", 0},
        Case{"…", 1},       Case{"─", 1},        Case{"𠀀", 2}}) {
    EXPECT_EQ(display_width(c.text), c.columns) << c.text;
  }
}

// The C library has tables of its own, of some other Unicode version.
TEST(display_width, agrees_with_the_system_where_both_know) {
  const char* const old = std::setlocale(LC_CTYPE, nullptr);
  const std::string saved = old == nullptr ? "C" : old;
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) GTEST_SKIP() << "no locale C.UTF-8 here";
  int known = 0, equal = 0;
  for (char32_t code = 0x20; code < 0x20000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    const int theirs = ::wcwidth(static_cast<wchar_t>(code));
    if (theirs < 0) continue;
    ++known;
    equal += theirs == code_point_width(code) ? 1 : 0;
  }
  std::setlocale(LC_CTYPE, saved.c_str());
  if (known < 50000) GTEST_SKIP() << "the system knows only " << known << " characters";
  EXPECT_GT(equal, known - known / 200) << equal << " of " << known;
}

TEST(clusters, are_walked_in_both_directions) {
  const std::string text = "a e\u0301 🇩🇪🇫🇷👩‍👧日b❤️1️⃣";
  std::vector<std::size_t> edges = {0};
  while (edges.back() < text.size()) {
    edges.push_back(edges.back() + next_cluster(std::string_view(text).substr(edges.back())).bytes);
  }
  EXPECT_EQ(edges.size(), 12U);
  for (std::size_t i = edges.size() - 1; i > 0; --i) {
    EXPECT_EQ(previous_cluster(text, edges[i]), edges[i - 1]) << i;
  }
}

TEST(fitting, never_cuts_a_cluster) {
  EXPECT_EQ(fitting("日本語", 5), "日本");
  EXPECT_EQ(fitting("e\u0301x", 1), "e\u0301");
  EXPECT_EQ(fitting("abc", 0), "");
  EXPECT_EQ(fitting("abc", 9), "abc");
}

TEST(safe_text, shows_controls_and_keeps_the_rest) {
  EXPECT_EQ(safe_text("a\x1b[31mb\tc\r\nd\re\x7f"), "a^[[31mb\tc\nd^Me^?");
  EXPECT_EQ(safe_text("\xc2\x9b"
                      "2J"),
            "<9b>2J");
  EXPECT_EQ(safe_text("a\xff"), "a" + std::string(kReplacement));
  EXPECT_EQ(safe_text("日本 🙂"), "日本 🙂");
}

}  // namespace
}  // namespace ds4::terminal
