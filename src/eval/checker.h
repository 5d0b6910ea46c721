// What makes an answer right: one kind of check for each kind of question.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "ds4/text.h"
#include "eval/schema_match.h"
#include "grammar/automaton.h"

namespace ds4::eval {

// The answer is one of these texts, white space around it aside.
struct ExactText {
  std::vector<std::string> texts;
  bool ignores_case = false;  // of ASCII letters
};

// The answer, white space around it aside, is of this form.
struct TextForm {
  std::string pattern;
  grammar::Dfa automaton;
};

// The last number of the answer, or a member of the JSON object that the answer is.
struct NumberNear {
  double value = 0, tolerance = 0;
  std::string field;  // empty: the last number
};

// The answer is JSON by a schema and, where there is one, equals a value.
struct JsonBySchema {
  std::shared_ptr<const SchemaMatch> schema;
  std::optional<Json> value;
};

// The answer is these calls, and no others.
struct ToolCalls {
  struct Call {
    std::string name;
    Json arguments;
  };
  std::vector<Call> calls;
  bool order_counts = false;
};

using Checker = std::variant<ExactText, TextForm, NumberNear, JsonBySchema, ToolCalls>;

// The tools on offer, by name; null where a tool says nothing of its arguments.
using ToolSchemas = std::map<std::string, std::shared_ptr<const SchemaMatch>, std::less<>>;

struct Verdict {
  bool is_right = false;
  // For JSON and tool calls: whether the form is right, whatever it says.
  std::optional<bool> is_well_formed = {};
  std::string why = {};  // what is wrong, for people; empty where it is right
};

// A turn that was cut off is wrong. So is one that calls tools where an answer in words was asked.
Verdict judge(const Checker& checker, const Turn& turn, const ToolSchemas& tools);

// Whether answers can be well-formed or not: JSON, and calls where some are right.
bool has_form(const Checker& checker);

// What would be right, and what was answered, on one line each.
std::string expected_text(const Checker& checker);
std::string answered_text(const Turn& turn);

// The last number in a text as people write them: "1,234.50", "-3e5"; a minus counts where no word
// or number stands directly before it.
std::optional<double> last_number(std::string_view text);

}  // namespace ds4::eval
