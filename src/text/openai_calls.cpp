#include "text/openai_calls.h"

#include "text/json_place.h"

namespace ds4::text {

namespace {

Result<std::string> arguments_of(const Json& function, std::string_view path) {
  const Json* arguments = present(function, "arguments");
  if (arguments == nullptr) return std::string();
  if (arguments->is_object()) return to_text(*arguments, JsonStyle::spaced);
  return expect_string(*arguments, member_path(path, "arguments"));
}

}  // namespace

Json to_openai_calls(const std::vector<ToolCall>& calls) {
  Json list = Json::array();
  for (const ToolCall& call : calls) {
    list.push(Json::Object{
        {"id", call.id},
        {"type", "function"},
        {"function", Json::Object{{"name", call.name}, {"arguments", call.arguments}}}});
  }
  return list;
}

Result<ToolCall> read_function_call(const Json& call, std::string_view path) {
  TRY_DO(expect_object(call, path));
  ToolCall out;
  TRY(out.name, string_member(call, "name", path));
  TRY(out.arguments, arguments_of(call, path));
  return out;
}

Result<std::vector<ToolCall>> read_openai_calls(const Json& list, std::string_view path) {
  TRY_DO(expect_array(list, path));
  std::vector<ToolCall> calls;
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    const Json& item = list.as_array()[i];
    const std::string place = element_path(path, i);
    TRY_DO(expect_object(item, place));
    TRY(const std::string type, string_member_or(item, "type", "function", place));
    if (type != "function") {
      return fail(Code::unsupported, place, ".type: \"", type, "\" is not supported");
    }
    const Json* function = present(item, "function");
    if (function == nullptr) return fail(Code::bad_argument, place, ".function: missing");
    TRY(ToolCall call, read_function_call(*function, member_path(place, "function")));
    TRY(call.id, string_member_or(item, "id", "", place));
    calls.push_back(std::move(call));
  }
  return calls;
}

Json to_openai_message(const ParsedTurn& turn) {
  const std::string content = turn.content.substr(0, turn.prose_bytes);
  const bool only_calls = content.empty() && !turn.calls.empty();
  Json message(Json::Object{{"role", "assistant"}, {"content", only_calls ? Json() : content}});
  if (!turn.reasoning.empty()) message.set("reasoning_content", turn.reasoning);
  if (!turn.calls.empty()) message.set("tool_calls", to_openai_calls(turn.calls));
  return message;
}

Json to_response_items(const std::vector<ToolCall>& calls) {
  Json list = Json::array();
  for (const ToolCall& call : calls) {
    list.push(Json::Object{{"type", "function_call"},
                           {"call_id", call.id},
                           {"name", call.name},
                           {"arguments", call.arguments}});
  }
  return list;
}

Result<ToolCall> read_response_item(const Json& item, std::string_view path) {
  TRY(ToolCall call, read_function_call(item, path));
  TRY(call.id, string_member(item, "call_id", path));
  return call;
}

}  // namespace ds4::text
