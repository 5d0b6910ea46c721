#include "text/calls_block.h"

#include <algorithm>

#include "text/dsml.h"

namespace ds4::text {

namespace {

void write_parameter(SpanWriter& out, std::string_view key, const Json& value) {
  out.markup(kParameterOpen);
  out.content(escaped_attribute(key));
  if (value.is_string()) {
    out.markup("\" string=\"true\">");
    out.content(with_replaced(value.as_string(), kParameterClose, kParameterCloseInString));
  } else {
    out.markup("\" string=\"false\">");
    out.content(
        with_replaced(to_text(value, JsonStyle::spaced), kParameterClose, kParameterCloseInJson));
  }
  out.markup(kParameterClose);
}

// How deep brackets nest outside of strings, whether or not the text is JSON.
int nesting_depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

// The parameters of a call: the members of its arguments, or all of them as one text.
Result<Json> parameters_of(const ToolCall& call) {
  if (call.arguments.empty()) return Json::object();
  auto arguments = parse_json(call.arguments, {.depth = kJsonDepthMax});
  if (arguments.ok() && arguments->is_object()) return std::move(*arguments);
  if (!arguments.ok() && nesting_depth(call.arguments) > kJsonDepthMax) {
    return fail(Code::bad_argument, "arguments of tool call \"", call.name, "\" nest deeper than ",
                kJsonDepthMax, " levels");
  }
  return Json(Json::Object{{"arguments", Json(call.arguments)}});
}

}  // namespace

std::string with_replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (;;) {
    const std::size_t found = text.find(from, at);
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
  }
  out += text.substr(at);
  return out;
}

Result<void> write_tool_calls(SpanWriter& out, const std::vector<ToolCall>& calls) {
  out.markup(kToolCallsOpen);
  out.markup("\n");
  for (const ToolCall& call : calls) {
    TRY(const Json parameters, parameters_of(call));
    out.markup(kInvokeOpen);
    out.content(escaped_attribute(call.name));
    out.markup("\">\n");
    bool first = true;
    for (const auto& [key, value] : parameters.as_object()) {
      if (!first) out.markup("\n");
      first = false;
      write_parameter(out, key, value);
    }
    out.markup("\n");
    out.markup(kInvokeClose);
    out.markup("\n");
  }
  out.markup(kToolCallsClose);
  return {};
}

std::string escaped_attribute(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace ds4::text
