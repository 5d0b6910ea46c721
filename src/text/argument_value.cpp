#include "text/argument_value.h"

#include "base/json.h"
#include "base/utf8.h"
#include "text/calls_block.h"
#include "text/dsml.h"

namespace ds4::text {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string string_json(std::string_view raw) {
  std::string out;
  append_json_string(out, to_valid_utf8(raw));
  return out;
}

std::string unescaped(std::string_view raw) {
  return with_replaced(raw, kParameterCloseInString, kParameterClose);
}

}  // namespace

ValueForm form_of(const std::optional<bool>& string_attribute) {
  if (!string_attribute) return ValueForm::undeclared;
  return *string_attribute ? ValueForm::string : ValueForm::json;
}

bool may_be_coerced(ParameterType type) {
  return type == ParameterType::integer || type == ParameterType::number ||
         type == ParameterType::boolean;
}

std::optional<std::string> coerced(std::string_view text, ParameterType type) {
  const std::string_view body = trimmed(text);
  const auto value = parse_json(body);
  if (!value.ok()) return std::nullopt;
  const bool fits = type == ParameterType::boolean ? value->is_bool()
                    : type == ParameterType::integer
                        ? value->is_number() && value->as_number().is_integer
                        : value->is_number();
  if (!may_be_coerced(type) || !fits) return std::nullopt;
  return std::string(body);
}

ArgumentValue argument_value(ValueForm form, std::string_view raw, ParameterType type, int level,
                             bool coerce) {
  if (form == ValueForm::string) {
    if (coerce) {
      if (auto number = coerced(raw, type)) return {std::move(*number), true};
    }
    return {string_json(unescaped(raw)), false};
  }
  if (form == ValueForm::undeclared && type == ParameterType::string) {
    return {string_json(unescaped(raw)), false};
  }
  // As written: its digits and its key order are the model's.
  const std::string_view body = trimmed(raw);
  const auto value = parse_json(body, {.depth = kJsonDepthMax - 1 - level});
  if (form == ValueForm::json) {
    if (value.ok()) return {std::string(body), false};
    return {string_json(raw), type != ParameterType::string};
  }
  if (value.ok() && !value->is_string()) return {std::string(body), false};
  if (value.ok() && type != ParameterType::unknown) return {std::string(body), false};
  return {string_json(unescaped(raw)), type != ParameterType::unknown};
}

}  // namespace ds4::text
