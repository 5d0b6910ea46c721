#include "eval/schema_match.h"

#include <gtest/gtest.h>

#include <string_view>

#include "eval/json_value.h"

namespace ds4::eval {
namespace {

Json json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : Json();
}

bool holds(std::string_view schema, std::string_view value) {
  const auto match = SchemaMatch::compile(json(schema));
  EXPECT_TRUE(match.ok()) << match.error().message;
  return match.ok() && match->holds(json(value));
}

TEST(schema_match, keys_come_in_any_order) {
  constexpr std::string_view kSchema =
      R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"object",
          "properties":{"x":{"type":"string"},"y":{"type":"boolean"}},"required":["x","y"]},
          "c":{"type":"array","items":{"type":"number"}}},"required":["a","b"]})";
  EXPECT_TRUE(holds(kSchema, R"({"b":{"y":true,"x":"q"},"a":1})"));
  EXPECT_TRUE(holds(kSchema, R"({"c":[1,2.5],"b":{"x":"q","y":true},"a":1})"));
  EXPECT_TRUE(holds(kSchema, R"({"z":null,"c":[],"b":{"x":"q","y":false},"a":1})")) << "undeclared";
  EXPECT_FALSE(holds(kSchema, R"({"b":{"y":true,"x":"q"}})")) << "a is required";
  EXPECT_FALSE(holds(kSchema, R"({"b":{"y":1,"x":"q"},"a":1})"));
  EXPECT_FALSE(holds(kSchema, R"({"b":{"y":true,"x":"q"},"a":1,"c":["no"]})"));
  EXPECT_FALSE(holds(kSchema, "[]"));
}

TEST(schema_match, many_optional_keys_in_the_wrong_order) {
  std::string properties, value = "}";
  for (int i = 0; i < 60; ++i) {
    const std::string key = "\"k" + std::to_string(i) + "\"";
    properties += (i == 0 ? "" : ",") + key + R"(:{"type":"integer"})";
    value = (i == 59 ? "{" : ",") + key + ":" + std::to_string(i) + value;
  }
  const std::string schema =
      R"({"type":"object","additionalProperties":false,"properties":{)" + properties + "}}";
  EXPECT_TRUE(holds(schema, value));
  value.replace(value.find("59"), 2, "no");  // "kno" is not declared
  EXPECT_FALSE(holds(schema, value));
}

TEST(schema_match, alternatives_with_orders_of_their_own) {
  constexpr std::string_view kSchema =
      R"({"anyOf":[{"type":"object","properties":{"a":{"const":1},"b":{}},"required":["a","b"],
          "additionalProperties":false},{"type":"object","properties":{"b":{},"a":{"const":2}},
          "required":["a","b"],"additionalProperties":false}]})";
  for (const char* value :
       {R"({"a":1,"b":0})", R"({"b":0,"a":1})", R"({"a":2,"b":0})", R"({"b":0,"a":2})"}) {
    EXPECT_TRUE(holds(kSchema, value)) << value;
  }
  EXPECT_FALSE(holds(kSchema, R"({"a":3,"b":0})"));
}

TEST(schema_match, numbers_are_what_they_are_worth) {
  EXPECT_TRUE(holds(R"({"type":"integer"})", "3"));
  EXPECT_TRUE(holds(R"({"type":"integer"})", "3.0"));
  EXPECT_TRUE(holds(R"({"type":"integer"})", "3e2"));
  EXPECT_FALSE(holds(R"({"type":"integer"})", "3.5"));
  EXPECT_FALSE(holds(R"({"type":"integer","maximum":10})", "3e2"));
  EXPECT_TRUE(holds(R"({"type":"number"})", "-2.5e-3"));
}

TEST(schema_match, recursion_and_text) {
  constexpr std::string_view kList =
      R"({"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"v":{"type":"string"},
          "next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["v","next"]}}})";
  EXPECT_TRUE(holds(kList, R"({"next":{"next":null,"v":"b\n\"ü"},"v":"a"})"));
  EXPECT_FALSE(holds(kList, R"({"next":{"v":"b"},"v":"a"})"));
  EXPECT_TRUE(holds(R"({"type":"string","format":"date"})", R"("2024-02-29")"));
  EXPECT_FALSE(holds(R"({"type":"string","format":"date"})", R"("29.2.2024")"));
}

TEST(schema_match, a_schema_that_is_none_is_refused) {
  EXPECT_FALSE(SchemaMatch::compile(json(R"({"type":"thing"})")).ok());
}

TEST(json_value, values_are_compared_not_spellings) {
  const auto same = [](std::string_view a, std::string_view b) {
    return same_value(json(a), json(b));
  };
  EXPECT_TRUE(same(R"({"a":1,"b":[2,{"c":null}]})", R"({"b":[2.0,{"c":null}],"a":1e0})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(same(R"({"a":1,"b":2})", R"({"a":1,"c":2})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same("[1]", "[1,1]"));
  EXPECT_FALSE(same("1", "\"1\""));
  EXPECT_FALSE(same("true", "1"));
  EXPECT_TRUE(same("0.1", "1e-1"));
  // One beyond the other, and both the same double.
  EXPECT_FALSE(same("12345678901234567890123", "12345678901234567890124"));
}

}  // namespace
}  // namespace ds4::eval
