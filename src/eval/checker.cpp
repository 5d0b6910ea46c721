#include "eval/checker.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <utility>

#include "eval/json_value.h"

namespace ds4::eval {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
}

bool is_same(std::string_view a, std::string_view b, bool ignores_case) {
  if (!ignores_case) return a == b;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Bytes of the digits at the start of `text`, with commas between groups of three.
std::size_t digits_with_commas(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at == 0 || at > 3) return at;
  const auto is_group = [&text](std::size_t comma) {
    if (comma + 4 > text.size() || text[comma] != ',') return false;
    if (comma + 4 < text.size() && is_digit(text[comma + 4])) return false;
    return is_digit(text[comma + 1]) && is_digit(text[comma + 2]) && is_digit(text[comma + 3]);
  };
  while (is_group(at)) at += 4;
  return at;
}

// Bytes of ".5", "e-3" and the like: `mark`, a sign if it may have one, and digits; 0 for none.
std::size_t part_behind(std::string_view text, std::string_view marks, bool has_sign) {
  if (text.empty() || marks.find(text[0]) == marks.npos) return 0;
  std::size_t at = 1;
  if (has_sign && at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t digits = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at == digits ? 0 : at;
}

constexpr std::string_view kMinusSign = "\u2212";

// Whether the number that begins behind `before` is negative.
bool has_minus(std::string_view before) {
  if (before.ends_with('-')) {
    before.remove_suffix(1);
  } else if (before.ends_with(kMinusSign)) {
    before.remove_suffix(kMinusSign.size());
  } else {
    return false;
  }
  if (before.empty()) return true;
  const char last = before.back();
  return !is_digit(last) && !(lower(last) >= 'a' && lower(last) <= 'z') && last != ')';
}

Verdict wrong(std::string why) {
  return {.is_right = false, .why = std::move(why)};
}

Verdict check(const ExactText& wanted, std::string_view answer) {
  for (const std::string& text : wanted.texts) {
    if (is_same(trimmed(text), answer, wanted.ignores_case)) return {.is_right = true};
  }
  return wrong("another text");
}

Verdict check(const TextForm& wanted, std::string_view answer) {
  if (wanted.automaton.accepts(answer)) return {.is_right = true};
  return wrong("not of the form");
}

Verdict check(const NumberNear& wanted, std::string_view answer) {
  std::optional<double> found;
  if (wanted.field.empty()) {
    found = last_number(answer);
    if (!found) return wrong("no number");
  } else {
    const auto json = parse_json(answer);
    if (!json.ok()) return wrong("not JSON: " + json.error().message);
    const Json* member = json->find(wanted.field);
    if (member != nullptr && member->is_number()) found = member->as_double();
    if (!found) return wrong("no number \"" + wanted.field + "\"");
  }
  if (std::abs(*found - wanted.value) <= wanted.tolerance) return {.is_right = true};
  return wrong("another number");
}

Verdict check(const JsonBySchema& wanted, std::string_view answer) {
  Verdict out{.is_well_formed = false};
  const auto json = parse_json(answer);
  if (!json.ok()) {
    out.why = "not JSON: " + json.error().message;
  } else if (!wanted.schema->holds(*json)) {
    out.why = "not valid by the schema";
  } else {
    out.is_well_formed = true;
    out.is_right = !wanted.value || same_value(*json, *wanted.value);
    if (!out.is_right) out.why = "another value";
  }
  return out;
}

// What is wrong with the form of calls; empty for nothing.
std::string malformation(const Turn& turn, const std::vector<ToolCalls::Call>& calls,
                         const ToolSchemas& tools) {
  if (!turn.failure.empty()) return "calls that cannot be read: " + turn.failure;
  if (calls.size() != turn.calls.size()) return "arguments that are no JSON";
  for (const ToolCalls::Call& call : calls) {
    const auto tool = tools.find(call.name);
    if (tool == tools.end()) return "a call of \"" + call.name + "\", which is not on offer";
    if (!call.arguments.is_object()) return "arguments that are no object";
    if (tool->second != nullptr && !tool->second->holds(call.arguments)) {
      return "arguments that are not what \"" + call.name + "\" takes";
    }
  }
  return {};
}

bool is_same_call(const ToolCalls::Call& a, const ToolCalls::Call& b) {
  return a.name == b.name && same_value(a.arguments, b.arguments);
}

Verdict check_calls(const ToolCalls& wanted, const Turn& turn, const ToolSchemas& tools) {
  std::vector<ToolCalls::Call> calls;
  for (const Turn::Call& call : turn.calls) {
    auto arguments = parse_json(call.arguments);
    if (arguments.ok()) calls.push_back({call.name, std::move(*arguments)});
  }
  Verdict out;
  out.why = malformation(turn, calls, tools);
  // Where nothing is to be called, there is no form to be right.
  if (!wanted.calls.empty() || !turn.calls.empty() || !turn.failure.empty()) {
    out.is_well_formed = out.why.empty() && (wanted.calls.empty() || !turn.calls.empty());
  }
  if (!out.why.empty()) return out;
  // Being the same call is an equivalence, so any order is as good as another to pair them.
  out.is_right = wanted.order_counts
                     ? std::equal(calls.begin(), calls.end(), wanted.calls.begin(),
                                  wanted.calls.end(), is_same_call)
                     : std::is_permutation(calls.begin(), calls.end(), wanted.calls.begin(),
                                           wanted.calls.end(), is_same_call);
  if (!out.is_right) {
    out.why = calls.empty() ? "no call" : wanted.calls.empty() ? "a call" : "other calls";
  }
  return out;
}

std::string call_text(const std::string& name, const std::string& arguments) {
  return name + arguments;
}

struct Expected {
  std::string operator()(const ExactText& c) const {
    std::string out = c.texts.front();
    for (std::size_t i = 1; i < c.texts.size(); ++i) out += " | " + c.texts[i];
    return out;
  }
  std::string operator()(const TextForm& c) const { return "/" + c.pattern + "/"; }
  std::string operator()(const NumberNear& c) const {
    std::string out = to_text(Json(c.value));
    if (out.ends_with(".0")) out.resize(out.size() - 2);
    if (c.tolerance > 0) out += " \u00b1 " + to_text(Json(c.tolerance));
    return c.field.empty() ? out : "\"" + c.field + "\": " + out;
  }
  std::string operator()(const JsonBySchema& c) const {
    return c.value ? to_text(*c.value) : "JSON by the schema";
  }
  std::string operator()(const ToolCalls& c) const {
    if (c.calls.empty()) return "no call";
    std::string out;
    for (const ToolCalls::Call& call : c.calls) {
      out += (out.empty() ? "" : " ") + call_text(call.name, to_text(call.arguments));
    }
    return out;
  }
};

}  // namespace

std::optional<double> last_number(std::string_view text) {
  std::optional<double> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    std::size_t size = digits_with_commas(rest);
    const std::size_t fraction = part_behind(rest.substr(size), ".", false);
    if (size + fraction == 0) {
      ++at;
      continue;
    }
    size += fraction;
    size += part_behind(rest.substr(size), "eE", true);
    std::string digits(rest.substr(0, size));
    std::erase(digits, ',');
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    // What no double holds (1e999) is no number that anybody asks for.
    if (error == std::errc() && end == digits.data() + digits.size()) {
      out = has_minus(text.substr(0, at)) ? -value : value;
    }
    at += size;
  }
  return out;
}

Verdict judge(const Checker& checker, const Turn& turn, const ToolSchemas& tools) {
  const auto* calls = std::get_if<ToolCalls>(&checker);
  Verdict cut = wrong("cut off");
  if (has_form(checker)) cut.is_well_formed = false;
  if (turn.finish == TurnFinish::length) return cut;
  if (calls != nullptr) return check_calls(*calls, turn, tools);
  if (!turn.calls.empty() || !turn.failure.empty()) {
    cut.why = "tools were called";
    return cut;
  }
  const std::string_view answer = trimmed(turn.answer);
  return std::visit(
      [answer]<class Kind>(const Kind& kind) -> Verdict {
        if constexpr (std::is_same_v<Kind, ToolCalls>) {
          return {};
        } else {
          return check(kind, answer);
        }
      },
      checker);
}

bool has_form(const Checker& checker) {
  const auto* calls = std::get_if<ToolCalls>(&checker);
  return calls != nullptr ? !calls->calls.empty() : std::holds_alternative<JsonBySchema>(checker);
}

std::string expected_text(const Checker& checker) {
  return std::visit(Expected(), checker);
}

std::string answered_text(const Turn& turn) {
  std::string out(trimmed(turn.answer));
  for (const Turn::Call& call : turn.calls) {
    out += (out.empty() ? "" : " ") + call_text(call.name, call.arguments);
  }
  if (!turn.failure.empty()) out += (out.empty() ? "" : " ") + ("(" + turn.failure + ")");
  return out;
}

}  // namespace ds4::eval
