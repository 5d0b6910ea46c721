#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ds4 {
namespace {

TEST(utf8, accepts_well_formed_and_refuses_the_rest) {
  EXPECT_TRUE(is_valid_utf8("plain, é, 中, 😀, \U0010FFFF"));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC2", "\xE0\x80\x80", "\xED\xA0\x80", "\xE4\xB8",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

TEST(utf8, printable_form_is_safe_on_a_terminal) {
  EXPECT_EQ(printable("a\x1b[31m\n\xFF é"), "a\\x1b[31m\\x0a\\xff é");
  EXPECT_EQ(printable("\u009B31m\xE4\xB8"), "\\xc2\\x9b31m\\xe4\\xb8");
  EXPECT_EQ(printable(std::string(300, 'a')), std::string(200, 'a') + "...");
}

// The repaired text, with '?' for U+FFFD.
std::string shown(std::string_view bytes) {
  const std::string valid = to_valid_utf8(bytes);
  std::string out;
  for (std::string_view rest = valid; !rest.empty();) {
    const bool replaced = rest.substr(0, kReplacement.size()) == kReplacement;
    out.push_back(replaced ? '?' : rest.front());
    rest.remove_prefix(replaced ? kReplacement.size() : 1);
  }
  return out;
}

// The examples of the Unicode standard (table 3-8 and its neighbours): one replacement per maximal
// subpart.
TEST(utf8, replaces_maximal_subparts) {
  EXPECT_EQ(shown("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"), "a???b?c??d");
  EXPECT_EQ(shown("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), "????????A");
  EXPECT_EQ(shown("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), "????????A");
  EXPECT_EQ(shown("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), "?????A??B");
  EXPECT_EQ(shown("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "????A");
  EXPECT_EQ(shown("\xE2\x82"), "?");
  EXPECT_EQ(shown("a\xF0\x9F\x98"), "a?");
}

TEST(utf8, accepts_every_code_point_and_no_surrogate) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    std::string text;
    append_utf8(text, c);
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    ASSERT_EQ(is_valid_utf8(text), !surrogate) << static_cast<std::uint32_t>(c);
    if (surrogate) continue;
    std::size_t length = 0;
    ASSERT_EQ(decode_valid(text.data(), length), c);
    ASSERT_EQ(length, text.size());
    for (std::size_t cut = 1; cut < length; ++cut) {
      ASSERT_EQ(incomplete_utf8_tail(std::string_view(text).substr(0, cut)), cut);
    }
  }
}

TEST(utf8, finds_where_valid_text_ends) {
  EXPECT_EQ(valid_utf8_prefix(""), 0u);
  EXPECT_EQ(valid_utf8_prefix("0123456789abcdef\xFF"), 16u);
  EXPECT_EQ(valid_utf8_prefix("é\xC3"), 2u);
  EXPECT_EQ(incomplete_utf8_tail("é"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("\x80\x80\x80"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("\xE0\x80"), 0u);  // already invalid, not incomplete
  EXPECT_EQ(incomplete_utf8_tail("\xFF"), 0u);
}

TEST(utf8, tells_where_it_repaired) {
  std::vector<Utf8Repair> repairs;
  std::string out;
  append_valid_utf8(out, "ab\xE2\x82 c\xFF", &repairs);
  ASSERT_EQ(repairs.size(), 2u);
  EXPECT_EQ(repairs[0].at, 2u);
  EXPECT_EQ(repairs[0].source, 2u);
  EXPECT_EQ(repairs[0].length, 2u);
  EXPECT_EQ(repairs[1].at, 7u);
  EXPECT_EQ(repairs[1].source, 6u);
  EXPECT_EQ(repairs[1].length, 1u);
}

}  // namespace
}  // namespace ds4
