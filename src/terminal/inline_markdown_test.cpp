#include "terminal/inline_markdown.h"

#include <gtest/gtest.h>

#include <random>

namespace ds4::terminal {
namespace {

// "plain <b>bold<>": every span that has a style between a tag of its letters and <>.
std::string shown(std::string_view text, bool is_growing = false) {
  std::string out;
  for (const Span& span : parse_inline(text, kPlain, is_growing)) {
    std::string tag;
    if ((span.style & kBold) != 0) tag += 'b';
    if ((span.style & kItalic) != 0) tag += 'i';
    if ((span.style & kStrike) != 0) tag += 's';
    if ((span.style & kCode) != 0) tag += 'c';
    if ((span.style & kUnderline) != 0) tag += 'u';
    if ((span.style & kDim) != 0) tag += 'd';
    out += tag.empty() ? span.text : "<" + tag + ">" + span.text + "<>";
  }
  return out;
}

struct Case {
  const char* text;
  const char* shown;
};

TEST(inline_markdown, of_whole_lines) {
  for (const Case& c : {
           Case{"plain", "plain"},
           Case{"a **bold** word", "a <b>bold<> word"},
           Case{"*it* and _it_", "<i>it<> and <i>it<>"},
           Case{"***both***", "<bi>both<>"},
           Case{"**bold *both* bold**", "<b>bold <><bi>both<><b> bold<>"},
           Case{"~~gone~~ ~stays~", "<s>gone<> ~stays~"},
           Case{"snake_case_name and __init__", "snake_case_name and <b>init<>"},
           Case{"2 * 3 * 4", "2 * 3 * 4"},
           Case{"a*b*c", "a<i>b<>c"},
           Case{"open **never closed", "open **never closed"},
           Case{"`code` and ``a ` b``", "<c>code<> and <c>a ` b<>"},
           Case{"`**raw**`", "<c>**raw**<>"},
           Case{"`open", "`open"},
           Case{"\\*not\\* a\\b \\(x\\)", "*not* a\\b \\(x\\)"},
           Case{"[site](https://a.b/c_(d)) x", "<u>site<><d> (https://a.b/c_(d))<> x"},
           Case{"[https://a.b](https://a.b)", "<u>https://a.b<>"},
           Case{"![alt](pic.png \"title\")", "<u>alt<><d> (pic.png)<>"},
           Case{"[**b** x](u)", "<bu>b<><u> x<><d> (u)<>"},
           Case{"[not a link] (x)", "[not a link] (x)"},
           Case{"<https://a.b>", "<u>https://a.b<>"},
           Case{"a<br>b &lt;tag&gt; &amp; &bogus;", "a b <tag> & &bogus;"},
           Case{"$a_1 * b * c_2$ and **b**", "$a_1 * b * c_2$ and <b>b<>"},
           Case{"costs $5 or $10 *now*", "costs $5 or $10 <i>now<>"},
           Case{"*(x)* **日本**語", "<i>(x)<> <b>日本<>語"},
       }) {
    EXPECT_EQ(shown(c.text), c.shown) << c.text;
  }
}

TEST(inline_markdown, of_lines_that_still_grow) {
  for (const Case& c : {
           Case{"a **bo", "a <b>bo<>"},
           Case{"a *", "a "},
           Case{"a **", "a "},
           Case{"a **bold*", "a <b>bold<>"},
           Case{"a **bold**", "a <b>bold<>"},
           Case{"***bo", "<bi>bo<>"},
           Case{"`co", "<c>co<>"},
           Case{"``co`", "<c>co<>"},
           Case{"[site](htt", "<u>site<>"},
           Case{"[sit", "[sit"},
           Case{"end\\", "end"},
           Case{"2 * 3", "2 * 3"},
       }) {
    EXPECT_EQ(shown(c.text, true), c.shown) << c.text;
  }
}

TEST(inline_markdown, takes_any_noise_in_short_time) {
  for (const char* piece : {"*", "_a", "[", "`", "![](", "**a", "$ x$", "<", "a*b_"}) {
    std::string text;
    while (text.size() < 60000) text += piece;
    EXPECT_FALSE(parse_inline(text, kPlain, false).empty());
  }
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  const std::string_view letters = "ab *_`[]()~!<>$\\&";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (unsigned n = random() % 30; n > 0; --n) text += letters[random() % letters.size()];
    std::string joined;
    for (const Span& span : parse_inline(text, kPlain, random() % 2 == 0)) joined += span.text;
    // Letters are never lost; only marks and addresses can be.
    if (text.find("](") == text.npos && text.find('&') == text.npos) {
      const auto letters_of = [](std::string_view s) {
        std::string out;
        for (char c : s) {
          if (c == 'a' || c == 'b') out += c;
        }
        return out;
      };
      ASSERT_EQ(letters_of(joined), letters_of(text)) << text;
    }
  }
}

}  // namespace
}  // namespace ds4::terminal
