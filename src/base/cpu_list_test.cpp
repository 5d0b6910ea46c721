#include "base/cpu_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ds4 {
namespace {

using List = std::vector<int>;
using testing::HasSubstr;

TEST(cpu_list, is_numbers_and_ranges_in_the_order_written) {
  EXPECT_EQ(*parse_cpu_list("3"), List{3});
  EXPECT_EQ(*parse_cpu_list("0-3,8"), (List{0, 1, 2, 3, 8}));
  EXPECT_EQ(*parse_cpu_list("8,0-1\n"), (List{8, 0, 1}));
  EXPECT_EQ(*parse_cpu_list("5-5"), List{5});
  EXPECT_EQ(parse_cpu_list("0-16383")->size(), 16384u);
}

TEST(cpu_list, anything_else_is_refused_with_a_sentence) {
  for (const char* text :
       {"",     ",",     "1,",      ",1",    "a",  "1-", "-1",  "3-1",
        "1--2", "1-2-3", "0-16384", "16384", "1 ", " 1", "1;2", "99999999999999999999",
        "1\n2", "0x1",   "+1",      "1,-2"}) {
    const auto cpus = parse_cpu_list(text);
    ASSERT_FALSE(cpus.ok()) << text;
    EXPECT_THAT(cpus.error().message, HasSubstr("like 0-7,16-23")) << text;
  }
  EXPECT_EQ(parse_cpu_list("0-3,2").error().message,
            "processor 2 stands twice in \"0-3,2\"; name each once");
}

TEST(cpu_list, does_not_print_what_a_terminal_would_obey) {
  EXPECT_EQ(parse_cpu_list("\x1b[2J").error().message.find('\x1b'), std::string::npos);
}

TEST(cpu_list, is_written_with_neighbours_joined) {
  EXPECT_EQ(format_cpu_list({}), "none");
  EXPECT_EQ(format_cpu_list({4}), "4");
  EXPECT_EQ(format_cpu_list({0, 1, 2, 7, 9, 10}), "0-2,7,9-10");
  EXPECT_EQ(format_cpu_list({2, 1}), "2,1");
}

}  // namespace
}  // namespace ds4
