#include "text/utf8_filter.h"

#include <gtest/gtest.h>

namespace ds4::text {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";

TEST(utf8_filter, one_replacement_for_each_maximal_invalid_part) {
  const std::string bad = kBad;
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
    EXPECT_EQ(valid_utf8(bytes), expected);
    std::string slowly;
    Utf8Filter filter;
    for (const char c : bytes) filter.push(std::string_view(&c, 1), slowly);
    filter.finish(slowly);
    EXPECT_EQ(slowly, expected);
  }
}

}  // namespace
}  // namespace ds4::text
