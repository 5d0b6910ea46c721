#include "text/turn_parser.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "text/dsml.h"
#include "text/parse_vectors_test.h"

namespace ds4::text {
namespace {

TEST(turn_parser, matches_the_reference) {
  const auto cases = well_formed_cases();
  EXPECT_EQ(cases.size(), 12u);
  for (const ParseCase& item : cases) {
    const ParsedTurn turn = parse_turn(item.completion, item.options, item.end);
    EXPECT_EQ(turn.reasoning, item.reasoning) << item.name;
    EXPECT_EQ(turn.content, item.content) << item.name;
    ASSERT_EQ(turn.calls.size(), item.calls.size()) << item.name;
    for (std::size_t i = 0; i < turn.calls.size(); ++i) {
      EXPECT_EQ(turn.calls[i].name, item.calls[i].name) << item.name;
      EXPECT_EQ(turn.calls[i].arguments, item.calls[i].arguments) << item.name;
      EXPECT_FALSE(turn.calls[i].repaired);
    }
    EXPECT_EQ(turn.repairs, 0) << item.name;
  }
}

TEST(turn_parser, repairs_what_models_write) {
  const auto cases = deviating_cases();
  EXPECT_EQ(cases.size(), 28u);
  for (const ParseCase& item : cases) {
    const ParsedTurn turn = parse_turn(item.completion, item.options, item.end);
    EXPECT_EQ(turn.reasoning, item.reasoning) << item.name;
    EXPECT_EQ(turn.content, item.content) << item.name;
    EXPECT_EQ(turn.finish, item.finish) << item.name;
    ASSERT_EQ(turn.calls.size(), item.calls.size()) << item.name << " " << turn.failure;
    for (std::size_t i = 0; i < turn.calls.size(); ++i) {
      EXPECT_EQ(turn.calls[i].name, item.calls[i].name) << item.name;
      EXPECT_EQ(*parse_json(turn.calls[i].arguments), *parse_json(item.calls[i].arguments))
          << item.name << " " << turn.calls[i].arguments;
    }
  }
}

}  // namespace
}  // namespace ds4::text
