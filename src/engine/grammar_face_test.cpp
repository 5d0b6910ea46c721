#include "ds4/grammar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <thread>

#include "base/json.h"
#include "engine/small_model_file.h"

namespace ds4 {
namespace {

bool allows(std::span<const std::uint64_t> mask, Token token) {
  return (mask[static_cast<std::size_t>(token) / 64] >> (token % 64)) & 1;
}

std::vector<Token> tokens_of(std::span<const std::uint64_t> mask) {
  std::vector<Token> out;
  for (Token t = 0; t < static_cast<Token>(mask.size() * 64); ++t) {
    if (allows(mask, t)) out.push_back(t);
  }
  return out;
}

class grammar_face : public testing::Test {
 protected:
  std::vector<Token> encode(std::string_view text) const {
    return *model.encode(text, SpecialTokens::recognised);
  }
  // Accepts `text` token by token; each must be in the mask too.
  bool takes(ConstraintState& state, std::string_view text) const {
    for (const Token token : encode(text)) {
      const bool is_allowed = allows(state.allowed(), token);
      const bool is_accepted = state.accept(token);
      EXPECT_EQ(is_allowed, is_accepted) << text << ", token " << token;
      if (!is_accepted) return false;
    }
    return true;
  }

  // The example of the header, line by line; what is chosen is the test's.
  Result<void> example() {
    // clang-format off
  TRY(const auto constraint, Constraint::json_schema(model, R"({"type": "object",
      "properties": {"city": {"type": "string"}}, "required": ["city"]})"));
  ConstraintState state(constraint);
  while (!state.has_ended()) {
    const Token token = choose(state.allowed());
    if (!state.accept(token)) return refused(token);
    answer.push_back(token);
  }
    // clang-format on
    return {};
  }
  // Ends the text where it may end; else one of the tokens, at random.
  Token choose(std::span<const std::uint64_t> mask) {
    if (allows(mask, end)) return end;
    const std::vector<Token> all = tokens_of(mask);
    return all[random() % all.size()];
  }
  static Error refused(Token token) { return fail(Code::bad_argument, "refused ", token); }

  const SmallModelFile file;
  const TextModel model = file.open();
  const Token end = encode("<｜end▁of▁sentence｜>")[0];
  std::mt19937 random{1};
  std::vector<Token> answer;
};

TEST_F(grammar_face, random_walk_through_a_schema_gives_valid_json) {
  for (int walk = 0; walk < 20; ++walk) {
    answer.clear();
    const auto done = example();
    ASSERT_TRUE(done.ok()) << done.error().message;
    ASSERT_EQ(answer.back(), end);
    answer.pop_back();
    const std::string text = *model.decode(answer);
    const auto json = parse_json(text);
    ASSERT_TRUE(json.ok()) << text;
    ASSERT_NE(json->find("city"), nullptr) << text;
    EXPECT_TRUE(json->find("city")->is_string()) << text;
  }
}

TEST(grammar_face_header, shows_the_example_that_is_tested) {
  std::ifstream in(DS4_SOURCE_DIR "/src/engine/grammar_face_test.cpp");
  const std::string test(std::istreambuf_iterator<char>(in), {});
  std::ifstream header(DS4_SOURCE_DIR "/include/ds4/grammar.h");
  std::string example;
  for (std::string line; std::getline(header, line);) {
    if (line.rfind("//   ", 0) == 0) example += line.substr(3) + "\n";
  }
  ASSERT_NE(example, "");
  EXPECT_NE(test.find(example), std::string::npos) << example;
}

TEST_F(grammar_face, mask_is_what_accept_takes) {
  const auto constraint = Constraint::regex(model, "Hi|[ab]{2}é?");
  ASSERT_TRUE(constraint.ok());
  ConstraintState state(*constraint);
  EXPECT_EQ(tokens_of(state.allowed()), (std::vector<Token>{'H', 'a', 'b', 256}));
  for (const Token token : {-1, -1 - 0x7FFFFFFF, int{'x'}, end, 264, 0x7FFFFFFF}) {
    EXPECT_FALSE(state.accept(token)) << token;
  }
  EXPECT_EQ(tokens_of(state.allowed()), (std::vector<Token>{'H', 'a', 'b', 256}));
  EXPECT_TRUE(takes(state, "ab"));
  EXPECT_TRUE(state.can_end());
  EXPECT_EQ(tokens_of(state.allowed()).front(), 0xC3);
  ASSERT_TRUE(state.accept(end));
  EXPECT_TRUE(state.has_ended());
  EXPECT_TRUE(tokens_of(state.allowed()).empty());
  EXPECT_FALSE(state.accept(end));
}

TEST_F(grammar_face, rollback_restores_the_place_and_its_mask) {
  const auto constraint = Constraint::lark(model, R"(start: "a" ("," "b")* "!")");
  ASSERT_TRUE(constraint.ok()) << constraint.error().message;
  ConstraintState state(*constraint, 3);
  ASSERT_TRUE(takes(state, "a"));
  const std::vector<Token> behind_a = tokens_of(state.allowed());
  EXPECT_EQ(behind_a, (std::vector<Token>{'!', ','}));
  ASSERT_TRUE(takes(state, ",b!"));
  EXPECT_TRUE(state.can_end());
  EXPECT_FALSE(state.rollback(4));
  EXPECT_TRUE(state.can_end());
  EXPECT_TRUE(state.rollback(3));
  EXPECT_FALSE(state.can_end());
  EXPECT_EQ(tokens_of(state.allowed()), behind_a);
  ASSERT_TRUE(takes(state, "!"));
  ASSERT_TRUE(state.accept(end));
  EXPECT_TRUE(state.rollback(1));
  EXPECT_FALSE(state.has_ended());
  EXPECT_TRUE(state.can_end());
}

TEST_F(grammar_face, forced_tokens_are_the_only_way_on) {
  const auto constraint = Constraint::regex(model, "Hi世(é|è)");
  ASSERT_TRUE(constraint.ok());
  ConstraintState state(*constraint);
  // é and è share their first byte, which alone is no character.
  const std::vector<Token> forced = state.forced();
  EXPECT_EQ(*model.decode(forced), "Hi世");
  EXPECT_EQ(forced.front(), 256);
  for (const Token token : forced) EXPECT_TRUE(state.accept(token));
  EXPECT_TRUE(state.forced().empty());
  EXPECT_TRUE(takes(state, "è"));
}

constexpr std::string_view kTools = R"([{"type": "function", "function": {"name": "weather",
  "strict": true, "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
  "required": ["city"], "additionalProperties": false}}},
  {"type": "function", "function": {"name": "time"}}])";

TEST_F(grammar_face, tool_calls_hold_to_the_tools) {
  const auto constraint =
      Constraint::tool_calls(model, kTools, {.one_call_only = true, .first_name = "weather"});
  ASSERT_TRUE(constraint.ok()) << constraint.error().message;
  ConstraintState state(*constraint);
  const std::string opening =
      "\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"weather\">\n"
      "<｜DSML｜parameter name=\"city\" string=\"true\">";
  const std::vector<Token> forced = state.forced();
  EXPECT_EQ(*model.decode(forced), opening);
  EXPECT_EQ(forced, encode(opening));
  ASSERT_TRUE(takes(state, opening + "Köln"));
  const Token dsml = encode("｜DSML｜")[0];
  EXPECT_FALSE(state.accept(dsml));  // only behind "</"
  ASSERT_TRUE(takes(state, "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>"));
  EXPECT_TRUE(state.can_end());

  const auto inside = Constraint::tool_calls(model, kTools, {.from = ToolCallsFrom::inside});
  ASSERT_TRUE(inside.ok());
  ConstraintState second(*inside);
  EXPECT_TRUE(takes(second, "\n<｜DSML｜invoke name=\"time\">\n</｜DSML｜invoke>\n"));
  // The mark's characters, token by token, are not the mark.
  ConstraintState third(*inside);
  EXPECT_TRUE(takes(third, "\n<"));
  EXPECT_FALSE(third.accept(model.encode("｜DSML｜")->front()));
}

TEST_F(grammar_face, errors_say_what_is_wrong) {
  const auto message = [](const Result<Constraint>& result) {
    return result.ok() ? "" : result.error().message;
  };
  const std::string_view unsupported = R"({"type": "string", "contentEncoding": "base64"})";
  const std::string refused = message(Constraint::json_schema(model, unsupported));
  EXPECT_NE(refused.find("contentEncoding"), std::string::npos) << refused;
  const auto lenient = Constraint::json_schema(model, unsupported, false);
  ASSERT_TRUE(lenient.ok());
  ASSERT_EQ(lenient->warnings().size(), 1u);
  EXPECT_NE(lenient->warnings()[0].find("contentEncoding"), std::string::npos);

  EXPECT_NE(message(Constraint::json_schema(model, "{")), "");
  EXPECT_NE(message(Constraint::regex(model, "(a")), "");
  EXPECT_NE(message(Constraint::lark(model, "start: nowhere")).find("nowhere"), std::string::npos);
  EXPECT_NE(message(Constraint::tool_calls(
                model, R"([{"function": {"name": "f", "parameters": "x", "strict": true}}])")),
            "");
  EXPECT_EQ(message(Constraint::tool_calls(model, "[]")), "no tools are offered");
  EXPECT_EQ(message(Constraint::tool_calls(model, kTools, {.first_name = "x"})),
            "the forced tool `x` is not offered");
  EXPECT_EQ(
      message(Constraint::tool_calls(model, R"([{"function": {"name": "f", "strict": "yes"}}])")),
      "tools[0].function.strict: expected true or false");
}

TEST_F(grammar_face, states_outlive_model_and_constraint_and_run_side_by_side) {
  std::vector<ConstraintState> states;
  {
    const TextModel other = file.open();
    const auto constraint = Constraint::json_schema(other, R"({"type": "array", "items":
        {"type": "string"}})");
    ASSERT_TRUE(constraint.ok());
    { const ConstraintState before(*constraint); }  // leaves its masks to the next
    for (int i = 0; i < 3; ++i) states.emplace_back(*constraint);
  }
  std::vector<std::thread> threads;
  for (ConstraintState& state : states) {
    threads.emplace_back([&] { EXPECT_TRUE(takes(state, R"(["Hi","b"])")); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const ConstraintState& state : states) EXPECT_TRUE(state.can_end());
}

}  // namespace
}  // namespace ds4
