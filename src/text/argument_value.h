// From the text between two parameter tags to the JSON of an argument, with the repairs for values
// that are not what their tag said.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/offered_tools.h"

namespace ds4::text {

enum class ValueForm {
  string,      // string="true"
  json,        // string="false"
  undeclared,  // the attribute is missing
};

ValueForm form_of(const std::optional<bool>& string_attribute);

// Objects made of nested parameters may nest this deep; more is not a call.
inline constexpr int kParameterDepthMax = 32;

struct ArgumentValue {
  std::string json;
  bool repaired = false;
};

// `raw` is the exact text. `level` counts the parameters around this one: whatever a model writes,
// the arguments as a whole nest no deeper than a request's may.
ArgumentValue argument_value(ValueForm form, std::string_view raw, ParameterType type, int level,
                             bool coerce);

// Whether a string value must be seen whole before it can be told: it may become a number.
bool may_be_coerced(ParameterType type);
// `text` as the JSON of `type` (integer, number, boolean), where it is one.
std::optional<std::string> coerced(std::string_view text, ParameterType type);

}  // namespace ds4::text
