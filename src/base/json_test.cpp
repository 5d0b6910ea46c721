#include "base/json.h"

#include <gtest/gtest.h>

namespace ds4 {
namespace {

std::string round_trip(std::string_view text) {
  const auto value = parse_json(text);
  return value.ok() ? to_text(*value, JsonStyle::spaced) : "error: " + value.error().message;
}

TEST(json, keeps_key_order_and_digits) {
  EXPECT_EQ(round_trip(R"({"z":1,"a":{"y":[1,2],"b":null}})"),
            R"({"z": 1, "a": {"y": [1, 2], "b": null}})");
  EXPECT_EQ(round_trip("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(round_trip("-0"), "0");
}

TEST(json, prints_floats_as_the_prompt_does) {
  EXPECT_EQ(round_trip("[1.50,1e3,1e22,1e-7,-0.0,100000000000000000.0,0.0001,123456.789]"),
            "[1.5, 1000.0, 1e+22, 1e-07, -0.0, 1e+17, 0.0001, 123456.789]");
  EXPECT_EQ(round_trip("[1e15,1e16,12345678901234567.0]"),
            "[1000000000000000.0, 1e+16, 1.2345678901234568e+16]");
}

TEST(json, repeated_key_keeps_first_place_and_last_value) {
  EXPECT_EQ(round_trip(R"({"a":1,"b":2,"a":3})"), R"({"a": 3, "b": 2})");
  EXPECT_EQ(round_trip(R"({"a":1,"a":2,"b":2,"a":3,"c":{"x":1,"x":2},"b":5})"),
            R"({"a": 3, "b": 5, "c": {"x": 2}})");
}

TEST(json, escapes_only_what_it_must) {
  EXPECT_EQ(round_trip(R"("\u00e9\/\u007f\u2028\n\u0001\"\\")"),
            "\"é/\x7f\xe2\x80\xa8\\n\\u0001\\\"\\\\\"");
}

TEST(json, lone_surrogates_become_the_replacement_character) {
  EXPECT_EQ(round_trip(R"("\ud83d\ude00 \ud83d x \ude00 \\ud800")"),
            "\"\xF0\x9F\x98\x80 \xEF\xBF\xBD x \xEF\xBF\xBD \\\\ud800\"");
}

TEST(json, refuses_with_a_place) {
  EXPECT_NE(round_trip(R"({"a":})").find("invalid JSON at byte"), std::string::npos);
  EXPECT_NE(round_trip("[1] x").find("error"), std::string::npos);
  EXPECT_NE(round_trip("").find("error"), std::string::npos);
  EXPECT_NE(round_trip(std::string(300, '[')).find("nested deeper than 200"), std::string::npos);
  EXPECT_EQ(round_trip(std::string(200, '[') + std::string(200, ']')).size(), 400u);
}

TEST(json, nul_is_not_the_end) {
  using namespace std::string_view_literals;
  EXPECT_EQ(round_trip("[1]\0]"sv), "error: invalid JSON at byte 3: a NUL byte");
  EXPECT_EQ(round_trip("[1]\0"sv), "error: invalid JSON at byte 3: a NUL byte");
  EXPECT_EQ(round_trip("\"\0\""sv), "error: invalid JSON at byte 1: a NUL byte");
}

TEST(json, reads_numbers) {
  EXPECT_EQ(parse_json("42")->as_int(), 42);
  EXPECT_EQ(parse_json("4.0")->as_int(), std::nullopt);
  EXPECT_EQ(parse_json("4.5")->as_double(), 4.5);
  EXPECT_EQ(parse_json("99999999999999999999")->as_int(), std::nullopt);
}

TEST(json, an_object_of_many_keys_is_no_square) {
  std::string text = "{";
  for (int i = 0; i < 200000; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  text += "\"k0\":2}";
  const auto value = parse_json(text);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->as_object().size(), 200000u);
  EXPECT_EQ(value->find("k0")->as_int(), 2);
}

TEST(json, pretty_form_is_stable) {
  EXPECT_EQ(to_text(*parse_json(R"({"a":[1,{}],"b":[]})"), JsonStyle::pretty),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

}  // namespace
}  // namespace ds4
