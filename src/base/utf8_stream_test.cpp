#include "base/utf8_stream.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/utf8.h"

namespace ds4 {
namespace {

TEST(utf8_stream, one_replacement_for_each_maximal_invalid_part) {
  const std::string bad = std::string(kReplacement);
  const std::pair<std::string, std::string> cases[] = {{"plain é 名 😀", "plain é 名 😀"},
                                                       {"\x80", bad},
                                                       {"\xC0\xAF", bad + bad},
                                                       {"\xE0\x80\x80", bad + bad + bad},
                                                       {"\xED\xA0\x80", bad + bad + bad},
                                                       {"\xF4\x90\x80\x80", bad + bad + bad + bad},
                                                       {"\xF0\x9F\x98", bad},
                                                       {"\xE2\x82X", bad + "X"},
                                                       {"\xE2\xE2\x82\xAC", bad + "€"},
                                                       {"\xF5\xFF", bad + bad}};
  for (const auto& [bytes, expected] : cases) {
    EXPECT_EQ(to_valid_utf8(bytes), expected);
    std::string slowly;
    Utf8Stream stream;
    for (const char c : bytes) stream.push(std::string_view(&c, 1), slowly);
    stream.finish(slowly);
    EXPECT_EQ(slowly, expected);
  }
}

TEST(utf8_stream, holds_back_half_characters_only) {
  Utf8Stream stream;
  std::string out;
  stream.push("a\xF0\x9F", out);
  EXPECT_EQ(out, "a");
  EXPECT_EQ(stream.pending(), "\xF0\x9F");
  stream.push("\x98", out);
  EXPECT_EQ(out, "a");
  stream.push("\x80z", out);
  EXPECT_EQ(out, "a😀z");
  stream.push("\xE2\x82", out);
  stream.push("é", out);  // refutes what was held back
  EXPECT_EQ(out, "a😀z\uFFFDé");
  stream.push("\xF4", out);
  stream.push("\x90", out);  // above U+10FFFF: each byte is a subpart of its own
  EXPECT_EQ(out, "a😀z\uFFFDé\uFFFD\uFFFD");
  stream.push("\xC3", out);
  stream.finish(out);
  EXPECT_EQ(out, "a😀z\uFFFDé\uFFFD\uFFFD\uFFFD");
  stream.finish(out);
  EXPECT_EQ(out, "a😀z\uFFFDé\uFFFD\uFFFD\uFFFD");
}

}  // namespace
}  // namespace ds4
