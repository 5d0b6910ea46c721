#include "terminal/markdown.h"

#include <gtest/gtest.h>

#include <random>

#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

std::string joined(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) out += row.text + "\n";
  return out;
}

// Without escape sequences.
std::string bare(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string drawn(std::string_view text, Look look = {}) {
  MarkdownStream stream;
  std::string out = joined(stream.push(text, look));
  return out + joined(stream.finish(look));
}
std::string plain(std::string_view text, int columns = 40) {
  return bare(drawn(text, {.columns = columns}));
}

TEST(markdown, paragraphs_and_empty_lines) {
  EXPECT_EQ(plain("\n\nOne **two**.\n\n\n\nThree\nfour\n\n"), "One two.\n\nThree\nfour\n");
  EXPECT_EQ(plain("the quick brown fox jumps", 10), "the quick\nbrown fox\njumps\n");
  EXPECT_EQ(plain("a\r\nb"), "a\nb\n");
}

TEST(markdown, headings_and_rules) {
  EXPECT_EQ(drawn("# Title #\n"), "\x1b[0;4;1;35mTitle\x1b[0m\n");
  EXPECT_EQ(drawn("### C# *x*\n"), "\x1b[0;1;35mC# \x1b[0;3;1;35mx\x1b[0m\n");
  EXPECT_EQ(plain("#hashtag"), "#hashtag\n");
  EXPECT_EQ(plain("---", 5), "─────\n");
  EXPECT_EQ(plain("* * *", 4), "────\n");
}

TEST(markdown, lists_hang) {
  EXPECT_EQ(plain("- one two three\n  - nested words here\n10. ten eleven twelve\n   more", 12),
            "• one two\n"
            "  three\n"
            "  ◦ nested\n"
            "    words\n"
            "    here\n"
            "10. ten\n"
            "    eleven\n"
            "    twelve\n"
            "   more\n");
  EXPECT_EQ(plain("- [ ] open\n- [x] done\n* star\n-no"), "☐ open\n☑ done\n• star\n-no\n");
}

TEST(markdown, quotes) {
  EXPECT_EQ(plain("> quoted words here\n> > deep\n>\n> - item", 12),
            "│ quoted\n│ words here\n│ │ deep\n│ \n│ • item\n");
}

TEST(markdown, fenced_code_is_kept_as_it_is) {
  EXPECT_EQ(plain("```python\nif *a*:\n\n\n\treturn  1\n```\nafter", 20),
            "─── python ─────────\nif *a*:\n\n\n    return  1\n────────────────────\nafter\n");
  EXPECT_EQ(plain("````\n```\n````\n*x*", 8), "────────\n```\n────────\nx\n");
  EXPECT_EQ(plain("~~~\n0123456789\n~~~", 8), "────────\n01234567\n89\n────────\n");
  // In a list, with its indentation.
  EXPECT_EQ(plain("1. Do\n   ```sh\n   ls\n     -a\n   ```", 20),
            "1. Do\n   ─── sh ──────────\n   ls\n     -a\n   ─────────────────\n");
  // Not ended.
  EXPECT_EQ(plain("```\nx", 6), "──────\nx\n");
}

TEST(markdown, tables_are_aligned) {
  EXPECT_EQ(plain("| Name | Value |\n|:--|--:|\n| a **b** | 1 |\n| 日本語 | 1000 |\n\nafter"),
            "Name   │ Value\n"
            "───────┼──────\n"
            "a b    │     1\n"
            "日本語 │  1000\n"
            "\n"
            "after\n");
  EXPECT_EQ(plain("a|b\n-|-\n1|2\nend"), "a │ b\n──┼──\n1 │ 2\nend\n");
  // Cells that are missing, too many, or hold an escaped bar.
  EXPECT_EQ(plain("|a|b|\n|-|-|\n|1|\n|x\\|y|2|3|"), "a   │ b\n────┼──\n1   │\nx|y │ 2\n");
}

TEST(markdown, wide_tables_wrap_their_cells) {
  EXPECT_EQ(plain("|key|text|\n|-|-|\n|a|one two three four|\n", 16),
            "key │ text\n"
            "────┼───────────\n"
            "a   │ one two\n"
            "    │ three four\n");
  for (const Row& row : MarkdownStream().push(
           "|a|b|c|d|e|f|g|\n|-|-|-|-|-|-|-|\n|1|2|3|4|5|6|7|\n\n", {.columns = 12})) {
    EXPECT_LE(row.columns, 12);
  }
}

TEST(markdown, what_only_looks_like_a_table_stays_text) {
  EXPECT_EQ(plain("a | b\nc | d\n"), "a | b\nc | d\n");
  EXPECT_EQ(plain("|a|b|\n|-|\n"), "|a|b|\n|-|\n");
  EXPECT_EQ(plain("x | y"), "x | y\n");
}

TEST(markdown, without_colour_the_marks_stay) {
  const Look look{.columns = 40, .colour = false};
  EXPECT_EQ(drawn("# Title\n**bold** `code`\n- item\n```c\nx\n```\n", look),
            "# Title\n**bold** `code`\n• item\n```c\nx\n```\n");
  const Look ascii{.columns = 40, .colour = false, .unicode = false};
  EXPECT_EQ(drawn("- a\n> b\n---\n\n|x|y|\n|-|-|\n|1|2|", ascii).substr(0, 10), "- a\n> b\n--");
  for (char c : drawn("- a\n> b\n---\n\n|x|y|\n|-|-|\n|1|2|", ascii)) {
    EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  }
}

TEST(markdown, control_characters_are_shown_not_sent) {
  const std::string out = drawn(
      "a\x1b[2Jb\x07\n```\n\x1b]0;t\x07\n```\n|\x1b|x|\n|-|-|\n\xc2\x9b`\x1b`", {.colour = false});
  for (char c : out) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(out.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(out.find("a^[[2Jb^G"), std::string::npos);
}

constexpr char kEverything[] =
    "# Title with **bold**\n\nA paragraph with *it*, `code`, 日本語 and 🙂, **bold\nnot "
    "closed.\r\n"
    "\n- one\n  - two `x|y`\n    1. three\n\n> quote | bar\n\n|a|b|\n|-|:-:|\n|1|**2**|\n|3|4|\n"
    "```cpp\nint x = 1; // *no*\n\n```\n---\n[link](https://x.y) ~~gone~~ ***both*** \\* &lt;\n"
    "| not | table\n\nthe end \xf0\x9f";

// Rows that were settled never change, whatever comes later: joined they are the whole.
TEST(markdown, does_not_care_where_the_text_is_cut) {
  const Look look{.columns = 30};
  const std::string text = kEverything;
  const std::string expected = drawn(text, look);
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (int round = 0; round < 200; ++round) {
    MarkdownStream stream;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 6;
      out += joined(stream.push(std::string_view(text).substr(at, size), look));
      at += size;
      for (const Row& row : stream.live(look)) {
        ASSERT_LE(row.columns, look.columns);
        ASSERT_EQ(row.columns, display_width(bare(row.text)));
        ASSERT_EQ(row.text.find("\xEF\xBF\xBD"), std::string::npos) << "a character cut in two";
      }
    }
    out += joined(stream.finish(look));
    ASSERT_EQ(out, expected);
  }
}

TEST(markdown, live_rows_become_the_settled_ones) {
  const Look look{.columns = 30};
  for (const char* line : {"A **bold** end", "- item `x` y", "# Head", "> quote", "word | word"}) {
    MarkdownStream stream;
    EXPECT_TRUE(stream.push(line, look).empty());
    const std::string live = joined(stream.live(look));
    EXPECT_EQ(joined(stream.finish(look)), live) << line;
  }
}

TEST(markdown, marks_do_not_flash_up) {
  const Look look{.columns = 30};
  MarkdownStream stream;
  for (char c : std::string("see **bold** and `code` here")) {
    (void)stream.push(std::string(1, c), look);
    const std::string live = bare(joined(stream.live(look)));
    EXPECT_EQ(live.find('*'), std::string::npos) << live;
    EXPECT_EQ(live.find('`'), std::string::npos) << live;
  }
}

TEST(markdown, rows_always_fit_and_nothing_hangs) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  const std::string_view pieces[] = {"a ",      "word",    "**",   "*",   "`",      "```",
                                     "\n",      "\n\n",    "- ",   "1. ", "> ",     "|",
                                     "|-|-|\n", "日本",    "🙂", "# ",  "---",    "\t",
                                     "    ",    "\x1b[2J", "\xff", "~~~", "[x](y)", "    - "};
  for (int round = 0; round < 3000; ++round) {
    const Look look{.columns = 1 + static_cast<int>(random() % 30), .colour = random() % 2 == 0};
    MarkdownStream stream;
    const auto check = [&](const std::vector<Row>& rows) {
      for (const Row& row : rows) {
        ASSERT_LE(row.columns, std::max(look.columns, 2)) << look.columns;
        ASSERT_EQ(row.columns, display_width(bare(row.text)));
      }
    };
    for (int i = 0; i < 25; ++i) {
      check(stream.push(pieces[random() % std::size(pieces)], look));
      check(stream.live(look));
    }
    check(stream.finish(look));
  }
}

}  // namespace
}  // namespace ds4::terminal
