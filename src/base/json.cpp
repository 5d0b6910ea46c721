#include "base/json.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace ds4 {

namespace {

template <class T>
std::string digits_of(T value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

bool looks_integer(std::string_view text) {
  return text.find_first_of(".eE") == std::string_view::npos;
}

// The shortest digits that read back as `value`, laid out as Python's repr does: fixed notation
// for exponents from -4 to 15, else d.ddde+XX.
std::string python_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";

  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string out;
  if (text.front() == '-') {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t mark = text.find('e');
  std::string mantissa(text.substr(0, mark));
  if (const auto dot = mantissa.find('.'); dot != std::string::npos) mantissa.erase(dot, 1);
  std::string_view exponent_text = text.substr(mark + 1);
  const bool negative = exponent_text.front() == '-';
  exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (negative) exponent = -exponent;

  const int digits = static_cast<int>(mantissa.size());
  if (exponent >= -4 && exponent < 16) {
    if (exponent < 0) {
      out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + mantissa;
    } else if (exponent + 1 >= digits) {
      out += mantissa + std::string(static_cast<std::size_t>(exponent + 1 - digits), '0') + ".0";
    } else {
      out += mantissa.substr(0, static_cast<std::size_t>(exponent) + 1) + '.' +
             mantissa.substr(static_cast<std::size_t>(exponent) + 1);
    }
    return out;
  }
  out += mantissa[0];
  if (digits > 1) out += '.' + mantissa.substr(1);
  out += exponent < 0 ? "e-" : "e+";
  const std::string power = digits_of(std::abs(exponent));
  if (power.size() < 2) out += '0';
  return out + power;
}

// Builds our value from the library's events, so that nothing of the text is lost.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(int depth_limit) : depth_limit_(depth_limit) {}

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override {
    return add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return add(Json(static_cast<std::uint64_t>(value)));
  }
  // Also called for integers that no machine word holds; the text keeps their digits.
  bool number_float(number_float_t, const string_t& text) override {
    return add(Json(Json::Number{text, looks_integer(text)}));
  }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    keys_.back() = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& why) override {
    // The library's sentence carries its own prefix and position; ours names the byte itself.
    std::string_view reason = why.what();
    if (const auto colon = reason.find(": "); colon != std::string_view::npos) {
      reason.remove_prefix(colon + 2);
    }
    error_ = fail(Code::bad_argument, "invalid JSON at byte ", position, ": ", reason);
    return false;
  }

  Result<Json> take(bool ok) {
    if (!ok) return std::move(error_);
    return std::move(root_);
  }

 private:
  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    place(std::move(value));
    return true;
  }

  void place(Json value) {
    Json& parent = open_.back();
    if (parent.is_array()) {
      parent.push(std::move(value));
    } else {
      parent.as_object().emplace_back(std::move(keys_.back()), std::move(value));
    }
  }

  // A repeated key keeps its first place and its last value. Done once per object, so that an
  // object of a hundred thousand keys costs no square.
  static void merge_repeated_keys(Json::Object& members) {
    std::unordered_map<std::string_view, std::size_t> places;
    places.reserve(members.size());
    std::vector<std::size_t> repeated;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto [known, is_new] = places.try_emplace(members[i].first, i);
      if (is_new) continue;
      members[known->second].second = std::move(members[i].second);
      repeated.push_back(i);
    }
    if (repeated.empty()) return;
    std::size_t kept = 0;
    auto next = repeated.begin();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (next != repeated.end() && *next == i) {
        ++next;
      } else if (kept++ != i) {
        members[kept - 1] = std::move(members[i]);
      }
    }
    members.resize(kept);
  }

  bool open(Json container) {
    if (static_cast<int>(open_.size()) >= depth_limit_) {
      error_ = fail(Code::bad_argument, "JSON is nested deeper than ", depth_limit_, " levels");
      return false;
    }
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    if (done.is_object()) merge_repeated_keys(done.as_object());
    return add(std::move(done));
  }

  int depth_limit_;
  std::vector<Json> open_;
  std::vector<std::string> keys_;  // the key being filled, a level each
  Json root_;
  Error error_{Code::bad_argument, "invalid JSON"};
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The value of the four hex digits after "\u" at `at`, or -1.
int unicode_escape(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int value = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int value) {
  return value >= 0xD800 && value <= 0xDBFF;
}
bool is_low_surrogate(int value) {
  return value >= 0xDC00 && value <= 0xDFFF;
}

// Replaces escapes of lone surrogates by that of U+FFFD (same length, so byte positions in errors
// stay those of the caller's text).
std::string without_lone_surrogates(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i] != '\\') continue;
    const int value = unicode_escape(out, i);
    if (is_high_surrogate(value) && is_low_surrogate(unicode_escape(out, i + 6))) {
      i += 11;
    } else if (is_high_surrogate(value) || is_low_surrogate(value)) {
      out.replace(i, 6, "\\uFFFD");
      i += 5;
    } else {
      ++i;  // skips the escaped character, which may be another backslash
    }
  }
  return out;
}

void append(std::string& out, const Json& value, JsonStyle style, int level) {
  const auto newline = [&](int indent) {
    if (style == JsonStyle::pretty)
      out += '\n' + std::string(static_cast<std::size_t>(indent) * 2, ' ');
  };
  const char* comma = style == JsonStyle::spaced ? ", " : ",";
  const char* colon = style == JsonStyle::compact ? ":" : ": ";
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_number()) {
    const Json::Number& number = value.as_number();
    out += number.is_integer ? number.text : python_float(*value.as_double());
  } else if (value.is_string()) {
    append_json_string(out, value.as_string());
  } else if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& element : value.as_array()) {
      if (!first) out += comma;
      first = false;
      newline(level + 1);
      append(out, element, style, level + 1);
    }
    if (!first) newline(level);
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : value.as_object()) {
      if (!first) out += comma;
      first = false;
      newline(level + 1);
      append_json_string(out, key);
      out += colon;
      append(out, member, style, level + 1);
    }
    if (!first) newline(level);
    out += '}';
  }
}

}  // namespace

Json::Json(std::int64_t value) : value_(Number{digits_of(value), true}) {}
Json::Json(std::uint64_t value) : value_(Number{digits_of(value), true}) {}
Json::Json(double value) : value_(Number{python_float(value), false}) {}

std::optional<std::int64_t> Json::as_int() const {
  if (!is_number() || !as_number().is_integer) return std::nullopt;
  const std::string& text = as_number().text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> Json::as_double() const {
  if (!is_number()) return std::nullopt;
  const std::string& text = as_number().text;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // from_chars leaves the value alone when it is out of range: take the limit it points at.
  if (error == std::errc::result_out_of_range) return std::strtod(text.c_str(), nullptr);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const Json* Json::find(std::string_view key) const {
  const Object* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

Json* Json::find(std::string_view key) {
  return const_cast<Json*>(static_cast<const Json*>(this)->find(key));
}

Json& Json::set(std::string_view key, Json value) {
  if (Json* known = find(key)) {
    *known = std::move(value);
    return *known;
  }
  Object& object = as_object();
  object.emplace_back(std::string(key), std::move(value));
  return object.back().second;
}

Json& Json::push(Json value) {
  as_array().push_back(std::move(value));
  return as_array().back();
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  // The library would take a NUL for the end of the text and not look behind it.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Code::bad_argument, "invalid JSON at byte ", nul, ": a NUL byte");
  }
  Builder builder(limits.depth);
  const bool has_escape = text.find("\\u") != std::string_view::npos;
  const bool ok = has_escape ? nlohmann::json::sax_parse(without_lone_surrogates(text), &builder)
                             : nlohmann::json::sax_parse(text, &builder);
  return builder.take(ok);
}

std::string to_text(const Json& value, JsonStyle style) {
  std::string out;
  append(out, value, style, 0);
  return out;
}

void append_json_escaped(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        } else {
          out += c;
        }
    }
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

}  // namespace ds4
