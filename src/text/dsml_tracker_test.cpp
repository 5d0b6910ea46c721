#include "text/dsml_tracker.h"

#include <gtest/gtest.h>

namespace ds4::text {
namespace {

ParseOptions with_tool() {
  ParseOptions options;
  options.tools.add("f", {});
  return options;
}

// Feeds text in which each '^' asks how the next token is to be sampled: g or r.
std::string classes(std::string_view text, DsmlTracker::Options options) {
  DsmlTracker tracker(std::move(options));
  std::string out;
  for (const char c : text) {
    if (c == '^') {
      out += tracker.next_token_class() == TokenClass::greedy ? 'g' : 'r';
    } else {
      tracker.feed(std::string_view(&c, 1));
    }
  }
  return out;
}

constexpr std::string_view kBody = "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n";

TEST(dsml_tracker, markup_is_greedy) {
  EXPECT_EQ(classes("^Hi^\n\n^<^｜DSML｜^tool^_calls>^\n^<^｜DSML｜invoke^ name=\"^f^\">^\n"
                    "<｜DSML｜parameter^ name=\"a^\" string=\"^true\">^x^</｜DSML｜parameter>^\n"
                    "</｜DSML｜invoke>^\n</｜DSML｜tool_calls>^",
                    {with_tool()}),
            "rrrrggggggggggggrrggr");
}

TEST(dsml_tracker, string_values_are_free_until_a_closing_tag_begins) {
  EXPECT_EQ(classes(std::string(kBody) +
                        "<｜DSML｜parameter name=\"a\" string=\"true\">^<^b^</^b^></^｜DSML｜^p^x^",
                    {with_tool()}),
            "rrrgrgggr");
}

TEST(dsml_tracker, json_is_free_inside_strings) {
  EXPECT_EQ(classes(std::string(kBody) +
                        "<｜DSML｜parameter name=\"a\" string=\"false\">^{^\"^k\\\"^\"^: ^[^1^",
                    {with_tool()}),
            "ggrrgggg");
}

TEST(dsml_tracker, names_may_be_left_free) {
  const std::string text = "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"^f^\">";
  EXPECT_EQ(classes(text, {with_tool(), false}), "gg");
  EXPECT_EQ(classes(text, {with_tool(), true}), "rg");
}

TEST(dsml_tracker, sleeps_without_tools_and_in_reasoning) {
  EXPECT_EQ(classes("<｜DSML｜^tool_calls>^\n^", {ParseOptions()}), "rrr");
  ParseOptions options = with_tool();
  options.thinking = true;
  EXPECT_EQ(classes("<｜DSML｜^tool_calls>^\n^</think>^<｜DSML｜^", {options}), "rrrrg");
}

}  // namespace
}  // namespace ds4::text
