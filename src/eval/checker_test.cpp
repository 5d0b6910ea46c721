#include "eval/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "eval/suite.h"

namespace ds4::eval {
namespace {

using testing::HasSubstr;

// A question with this checker; `more` are other members of its line.
Question question(const std::string& checker, const std::string& more = "") {
  std::string line = R"({"skill":"s","prompt":"p","checker":)" + checker + more + "}";
  std::replace(line.begin(), line.end(), '\n', ' ');
  auto suite = read_suite(line, "t");
  EXPECT_TRUE(suite.ok()) << suite.error().message;
  return suite.ok() ? std::move(suite->questions[0]) : Question{};
}

Verdict judged(const Question& asked, Turn turn) {
  return judge(asked.checker, turn, asked.tools);
}
bool is_right(const std::string& checker, const std::string& answer) {
  return judged(question(checker), {.answer = answer}).is_right;
}

TEST(checker, exact_is_the_text_without_white_space_around) {
  EXPECT_TRUE(is_right(R"({"exact":"42"})", " 42\n"));
  EXPECT_FALSE(is_right(R"({"exact":"42"})", "42."));
  EXPECT_FALSE(is_right(R"({"exact":"a b"})", "a  b"));
  EXPECT_TRUE(is_right(R"({"exact":["a","b"]})", "b"));
  EXPECT_FALSE(is_right(R"({"exact":"Yes"})", "yes"));
  EXPECT_TRUE(is_right(R"({"exact":"Yes","ignore_case":true})", "yES"));
  EXPECT_FALSE(is_right(R"({"exact":"a"})", ""));
}

TEST(checker, regex_is_whole_unless_it_searches) {
  EXPECT_TRUE(is_right(R"({"regex":"[a-z]+(-[a-z]+){2}"})", "a-bc-d\n"));
  EXPECT_FALSE(is_right(R"({"regex":"[a-z]+"})", "ab 1"));
  EXPECT_TRUE(is_right(R"({"regex":"[a-z]+","search":true})", "12 ab 1"));
  EXPECT_TRUE(is_right(R"({"regex":"AB","ignore_case":true})", "aB"));
  EXPECT_FALSE(is_right(R"({"regex":"a.b"})", "a\nb"));
  EXPECT_TRUE(is_right(R"({"regex":"a.b","dot_all":true})", "a\nb"));
}

TEST(checker, number_is_the_last_one_as_people_write_it) {
  struct Case {
    const char* text;
    std::optional<double> number;
  };
  for (const Case& c : {Case{"so 3 + 4 = 7.", 7},
                        {"**-12**", -12},
                        {"x = \u22123.5", -3.5},
                        {"10-5", 5},
                        {"f(x)-5", 5},
                        {"A-5", 5},
                        {"= -5", -5},
                        {"1,234,567.50 euros", 1234567.5},
                        {"1,2,3", 3},
                        {"12,34", 34},
                        {"1,2345", 2345},
                        {"2.5e-3", 2.5e-3},
                        {"3e", 3},
                        {".5", 0.5},
                        {"4 \u00b7 10", 10},
                        {"7.", 7},
                        {"007", 7},
                        {"1e999", std::nullopt},
                        {"none", std::nullopt},
                        {"", std::nullopt}}) {
    EXPECT_EQ(last_number(c.text), c.number) << c.text;
  }
  EXPECT_TRUE(is_right(R"({"number":0.718,"tolerance":0.001})", "about 0.7183"));
  EXPECT_FALSE(is_right(R"({"number":0.718})", "about 0.7183"));
  EXPECT_FALSE(is_right(R"({"number":7})", "7, not 8"));
}

TEST(checker, number_of_a_field) {
  EXPECT_TRUE(is_right(R"({"number":7,"field":"sum"})", R"({"n": 3, "sum": 7.0})"));
  EXPECT_FALSE(is_right(R"({"number":7,"field":"sum"})", R"({"sum": "7"})"));
  EXPECT_FALSE(is_right(R"({"number":7,"field":"sum"})", "7"));
}

TEST(checker, json_counts_form_apart_from_value) {
  const Question asked = question(
      R"({"json_schema":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],
          "additionalProperties":false},"value":{"a":1}})");
  const auto verdict = [&](const char* answer) { return judged(asked, {.answer = answer}); };
  EXPECT_TRUE(verdict("{\n    \"a\": 1\n}").is_right);
  EXPECT_TRUE(*verdict(R"({"a":2})").is_well_formed);
  EXPECT_FALSE(verdict(R"({"a":2})").is_right);
  EXPECT_FALSE(*verdict(R"({"a":"1"})").is_well_formed);
  EXPECT_FALSE(*verdict(R"(Here: {"a":1})").is_well_formed);
  EXPECT_THAT(verdict("no").why, HasSubstr("not JSON"));
}

constexpr char kTools[] =
    R"(,"tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object",
       "properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"required":["a","b"]}}},
       {"type":"function","function":{"name":"stop"}}])";

TEST(checker, calls_are_compared_as_values) {
  const Question any = question(
      R"({"tool_calls":[{"name":"add","arguments":{"a":1,"b":2}},{"name":"stop","arguments":{}}]})",
      kTools);
  const Question fixed = question(
      R"({"order":"fixed","tool_calls":[{"name":"add","arguments":{"a":1,"b":2}},
          {"name":"stop","arguments":{}}]})",
      kTools);
  const Turn::Call add{"1", "add", R"({"b": 2, "a": 1.0})"}, stop{"2", "stop", "{}"};
  const Turn::Call other{"1", "add", R"({"a":1,"b":3})"};
  EXPECT_TRUE(judged(any, {.calls = {add, stop}}).is_right);
  EXPECT_TRUE(judged(any, {.calls = {stop, add}}).is_right);
  EXPECT_TRUE(judged(fixed, {.calls = {add, stop}}).is_right);
  EXPECT_FALSE(judged(fixed, {.calls = {stop, add}}).is_right);
  EXPECT_FALSE(judged(any, {.calls = {add}}).is_right);
  EXPECT_FALSE(judged(any, {.calls = {add, add}}).is_right);
  EXPECT_FALSE(judged(any, {.calls = {other, stop}}).is_right);
  EXPECT_TRUE(*judged(any, {.calls = {other, stop}}).is_well_formed);
  EXPECT_TRUE(judged(any, {.answer = "I add.", .calls = {add, stop}}).is_right);
}

TEST(checker, calls_have_a_form) {
  const Question asked =
      question(R"({"tool_calls":[{"name":"add","arguments":{"a":1,"b":2}}]})", kTools);
  const auto verdict = [&](const char* name, const char* arguments) {
    return judged(asked, {.calls = {{"1", name, arguments}}});
  };
  EXPECT_TRUE(*verdict("stop", "{}").is_well_formed);
  EXPECT_FALSE(*verdict("add", "{}").is_well_formed) << "b is required";
  EXPECT_FALSE(*verdict("add", R"({"a":"1","b":2})").is_well_formed);
  EXPECT_FALSE(*verdict("add", "{").is_well_formed);
  EXPECT_FALSE(*verdict("ad", R"({"a":1,"b":2})").is_well_formed);
  EXPECT_FALSE(*judged(asked, {.answer = "3"}).is_well_formed);
  EXPECT_FALSE(*judged(asked, {.failure = "not closed"}).is_well_formed);
  for (const Verdict& v : {verdict("stop", "{}"), verdict("add", "{}"), verdict("ad", "{}")}) {
    EXPECT_FALSE(v.is_right);
    EXPECT_NE(v.why, "");
  }
}

TEST(checker, no_call_may_be_what_is_right) {
  const Question asked = question(R"({"tool_calls":[]})", kTools);
  EXPECT_TRUE(judged(asked, {.answer = "Hello"}).is_right);
  EXPECT_FALSE(judged(asked, {.answer = "Hello"}).is_well_formed.has_value());
  EXPECT_FALSE(judged(asked, {.calls = {{"1", "stop", "{}"}}}).is_right);
}

TEST(checker, what_is_cut_off_is_wrong) {
  EXPECT_FALSE(
      judged(question(R"({"exact":"4"})"), {.answer = "4", .finish = TurnFinish::length}).is_right);
  EXPECT_FALSE(
      *judged(question(R"({"json_schema":{}})"), {.answer = "4", .finish = TurnFinish::length})
           .is_well_formed);
}

TEST(checker, words_were_asked_and_tools_called) {
  const Verdict verdict =
      judged(question(R"({"exact":"4"})", kTools), {.answer = "4", .calls = {{"1", "stop", "{}"}}});
  EXPECT_FALSE(verdict.is_right);
  EXPECT_EQ(verdict.why, "tools were called");
}

TEST(checker, says_what_was_expected) {
  EXPECT_EQ(expected_text(question(R"({"exact":["a","b"]})").checker), "a | b");
  EXPECT_EQ(expected_text(question(R"({"number":42})").checker), "42");
  EXPECT_EQ(expected_text(question(R"({"number":1.5,"tolerance":0.1})").checker), "1.5 \u00b1 0.1");
  EXPECT_EQ(
      expected_text(question(R"({"tool_calls":[{"name":"stop","arguments":{}}]})", kTools).checker),
      "stop{}");
  EXPECT_EQ(answered_text({.answer = " a ", .calls = {{"1", "f", "{}"}}}), "a f{}");
}

}  // namespace
}  // namespace ds4::eval
