// JSON values as the prompts need them: object keys in the order of the text, numbers with every
// digit they were written with. One translation unit sees the JSON library; all others see this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ds4/result.h"

namespace ds4 {

class Json {
 public:
  struct Null {
    bool operator==(const Null&) const = default;
  };
  // The number as it was written. An integer has no '.', 'e' or 'E'.
  struct Number {
    std::string text;
    bool is_integer = true;
    bool operator==(const Number&) const = default;
  };
  using Member = std::pair<std::string, Json>;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json() : value_(Null{}) {}
  Json(std::nullptr_t) : value_(Null{}) {}
  Json(bool value) : value_(value) {}
  Json(int value) : Json(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value);
  Json(std::uint64_t value);
  Json(double value);
  Json(Number value) : value_(std::move(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }

  bool is_null() const { return std::holds_alternative<Null>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_number() const { return std::holds_alternative<Number>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Only after the matching is_...().
  bool as_bool() const { return *std::get_if<bool>(&value_); }
  const Number& as_number() const { return *std::get_if<Number>(&value_); }
  const std::string& as_string() const { return *std::get_if<std::string>(&value_); }
  const Array& as_array() const { return *std::get_if<Array>(&value_); }
  Array& as_array() { return *std::get_if<Array>(&value_); }
  const Object& as_object() const { return *std::get_if<Object>(&value_); }
  Object& as_object() { return *std::get_if<Object>(&value_); }

  // An integer that fits, whatever its spelling ("3", not "3.0"); a number as the nearest double.
  std::optional<std::int64_t> as_int() const;
  std::optional<double> as_double() const;

  // The member of that name, or null when this is no object or has no such member.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  // Sets a member: a known key keeps its place, a new one goes to the end. Only on objects.
  Json& set(std::string_view key, Json value);
  // Appends an element. Only on arrays.
  Json& push(Json value);

  bool operator==(const Json&) const = default;

 private:
  std::variant<Null, bool, Number, std::string, Array, Object> value_;
};

struct JsonLimits {
  int depth = 200;
};

// Parses a whole text. Keys keep their order (a repeated key its first place and last value);
// lone surrogate escapes become U+FFFD, "-0" becomes 0. The error names the byte.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

enum class JsonStyle {
  compact,  // {"a":1,"b":[2]}
  spaced,   // {"a": 1, "b": [2]}   the prompt's form
  pretty,   // two spaces a level, for people
};

// Non-ASCII is written raw; only '"', '\\' and U+0000..001F are escaped. Non-integers are the
// shortest text that reads back as the same double, as Python prints it.
std::string to_text(const Json& value, JsonStyle style = JsonStyle::compact);

// `text` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

// The escaped body of a JSON string, without quotes.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace ds4
