#include "base/number_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ds4 {
namespace {

using List = std::vector<int>;
using testing::HasSubstr;

TEST(number_list, is_numbers_and_ranges_in_the_order_written) {
  EXPECT_EQ(*parse_number_list("3", "processor"), List{3});
  EXPECT_EQ(*parse_number_list("0-3,8", "processor"), (List{0, 1, 2, 3, 8}));
  EXPECT_EQ(*parse_number_list("8,0-1\n", "processor"), (List{8, 0, 1}));
  EXPECT_EQ(*parse_number_list("5-5", "processor"), List{5});
  EXPECT_EQ(parse_number_list("0-16383", "processor")->size(), 16384u);
}

TEST(number_list, anything_else_is_refused_with_a_sentence) {
  for (const char* text :
       {"",     ",",     "1,",      ",1",    "a",  "1-", "-1",  "3-1",
        "1--2", "1-2-3", "0-16384", "16384", "1 ", " 1", "1;2", "99999999999999999999",
        "1\n2", "0x1",   "+1",      "1,-2"}) {
    const auto numbers = parse_number_list(text, "processor");
    ASSERT_FALSE(numbers.ok()) << text;
    EXPECT_THAT(numbers.error().message, HasSubstr("like 0-7,16-23")) << text;
  }
  EXPECT_EQ(parse_number_list("0-3,2", "processor").error().message,
            "processor 2 stands twice in \"0-3,2\"; name each once");
}

TEST(number_list, does_not_print_what_a_terminal_would_obey) {
  EXPECT_EQ(parse_number_list("\x1b[2J", "processor").error().message.find('\x1b'),
            std::string::npos);
}

TEST(number_list, is_written_with_neighbours_joined) {
  EXPECT_EQ(format_number_list({}), "none");
  EXPECT_EQ(format_number_list({4}), "4");
  EXPECT_EQ(format_number_list({0, 1, 2, 7, 9, 10}), "0-2,7,9-10");
  EXPECT_EQ(format_number_list({2, 1}), "2,1");
}

}  // namespace
}  // namespace ds4
