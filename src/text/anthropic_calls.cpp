#include "text/anthropic_calls.h"

#include "text/json_place.h"
#include "text/message_json.h"

namespace ds4::text {

namespace {

void join(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty()) text += "\n\n";
  text += more;
}

Error unsupported(std::string_view path, std::string_view type) {
  return fail(Code::unsupported, path, ".type: \"", type,
              "\" is not supported; this model reads text only");
}

// Text blocks joined by a blank line; in results other kinds are named in place.
Result<std::string> result_text(const Json& block, std::string_view path) {
  const Json* content = present(block, "content");
  if (content == nullptr) return std::string();
  const std::string place = member_path(path, "content");
  if (content->is_string()) return content->as_string();
  TRY_DO(expect_array(*content, place));
  std::string out;
  bool first = true;
  for (std::size_t i = 0; i < content->as_array().size(); ++i) {
    const Json& part = content->as_array()[i];
    const std::string part_place = element_path(place, i);
    TRY_DO(expect_object(part, part_place));
    TRY(const std::string type, string_member(part, "type", part_place));
    if (!first) out += "\n\n";
    first = false;
    if (type == "text") {
      TRY(const std::string text, string_member(part, "text", part_place));
      out += text;
    } else {
      out += "[Unsupported " + type + "]";
    }
  }
  return out;
}

Result<std::string> document_text(const Json& block, std::string_view path) {
  const std::string place = member_path(path, "source");
  const Json* source = present(block, "source");
  if (source == nullptr) return fail(Code::bad_argument, place, ": missing");
  TRY_DO(expect_object(*source, place));
  TRY(const std::string type, string_member(*source, "type", place));
  if (type != "text") return unsupported(place, type);
  return string_member(*source, "data", place);
}

Result<std::vector<Message>> read_user(const Json& content, Role role, std::string_view path) {
  std::vector<Message> messages;
  for (std::size_t i = 0; i < content.as_array().size(); ++i) {
    const Json& block = content.as_array()[i];
    const std::string place = element_path(path, i);
    TRY_DO(expect_object(block, place));
    TRY(const std::string type, string_member(block, "type", place));
    Message message;
    message.role = role;
    if (type == "text") {
      TRY(message.content, string_member(block, "text", place));
    } else if (type == "document") {
      TRY(message.content, document_text(block, place));
    } else if (type == "search_result") {
      TRY(message.content, result_text(block, place));
    } else if (type == "tool_result" && role == Role::user) {
      message.role = Role::tool;
      TRY(message.tool_call_id, string_member(block, "tool_use_id", place));
      TRY(message.content, result_text(block, place));
      TRY(const bool is_error, bool_member_or(block, "is_error", false, place));
      if (is_error && message.content.empty()) message.content = "Error: ";
    } else {
      return unsupported(place, type);
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

Result<ToolCall> read_tool_use(const Json& block, std::string_view path) {
  ToolCall call;
  TRY(call.id, string_member(block, "id", path));
  TRY(call.name, string_member(block, "name", path));
  const Json* input = present(block, "input");
  if (input != nullptr) TRY_DO(expect_object(*input, member_path(path, "input")));
  call.arguments = input == nullptr ? "{}" : to_text(*input, JsonStyle::spaced);
  return call;
}

Result<Message> read_assistant(const Json& content, std::string_view path) {
  Message message;
  message.role = Role::assistant;
  bool first_text = true;
  for (std::size_t i = 0; i < content.as_array().size(); ++i) {
    const Json& block = content.as_array()[i];
    const std::string place = element_path(path, i);
    TRY_DO(expect_object(block, place));
    TRY(const std::string type, string_member(block, "type", place));
    if (type == "text") {
      TRY(const std::string text, string_member(block, "text", place));
      if (!first_text) message.content += "\n\n";
      first_text = false;
      message.content += text;
    } else if (type == "thinking") {
      TRY(const std::string text, string_member(block, "thinking", place));
      if (!message.reasoning) message.reasoning.emplace();
      join(*message.reasoning, text);
    } else if (type == "tool_use") {
      TRY(ToolCall call, read_tool_use(block, place));
      message.tool_calls.push_back(std::move(call));
    } else if (type != "redacted_thinking" && type != "server_tool_use" &&
               !type.ends_with("_tool_result")) {
      // Those were for another server's model and mean nothing to this one.
      return unsupported(place, type);
    }
  }
  return message;
}

void append_to_turn(Message& turn, Message more) {
  if (more.reasoning) {
    if (!turn.reasoning) turn.reasoning.emplace();
    join(*turn.reasoning, *more.reasoning);
  }
  join(turn.content, more.content);
  for (ToolCall& call : more.tool_calls) turn.tool_calls.push_back(std::move(call));
}

Json as_blocks(const Json& content) {
  if (!content.is_string()) return content;
  return Json(Json::Array{Json::Object{{"type", "text"}, {"text", content}}});
}

}  // namespace

Json to_anthropic_content(const ParsedTurn& turn, std::string_view signature) {
  Json blocks = Json::array();
  if (!turn.reasoning.empty()) {
    blocks.push(
        Json::Object{{"type", "thinking"}, {"thinking", turn.reasoning}, {"signature", signature}});
  }
  if (turn.prose_bytes > 0) {
    blocks.push(Json::Object{{"type", "text"}, {"text", turn.content.substr(0, turn.prose_bytes)}});
  }
  for (const ToolCall& call : turn.calls) {
    auto input = parse_json(call.arguments);
    blocks.push(Json::Object{{"type", "tool_use"},
                             {"id", call.id},
                             {"name", call.name},
                             {"input", input.ok() ? std::move(*input) : Json::object()}});
  }
  return blocks;
}

Result<std::vector<Message>> read_anthropic_system(const Json& system, std::string_view path) {
  std::vector<Message> kept;
  if (system.is_null()) return kept;
  const Json blocks = as_blocks(system);
  TRY_DO(expect_array(blocks, path));
  TRY(std::vector<Message> messages, read_user(blocks, Role::system, path));
  for (Message& message : messages) {
    if (!is_telemetry(message.content)) kept.push_back(std::move(message));
  }
  return kept;
}

Result<std::vector<Message>> read_anthropic_messages(const Json& list, std::string_view path) {
  TRY_DO(expect_array(list, path));
  std::vector<Message> messages;
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    const Json& item = list.as_array()[i];
    const std::string place = element_path(path, i);
    TRY_DO(expect_object(item, place));
    TRY(const std::string role, string_member(item, "role", place));
    const Json* given = item.find("content");
    const std::string content_place = member_path(place, "content");
    if (given == nullptr) return fail(Code::bad_argument, content_place, ": missing");
    const Json content = as_blocks(*given);
    TRY_DO(expect_array(content, content_place));
    if (role == "user") {
      TRY(std::vector<Message> parts, read_user(content, Role::user, content_place));
      for (Message& part : parts) messages.push_back(std::move(part));
    } else if (role == "system") {
      TRY(std::vector<Message> parts, read_anthropic_system(content, content_place));
      for (Message& part : parts) messages.push_back(std::move(part));
    } else if (role == "assistant") {
      TRY(Message turn, read_assistant(content, content_place));
      if (!messages.empty() && messages.back().role == Role::assistant) {
        append_to_turn(messages.back(), std::move(turn));
      } else {
        messages.push_back(std::move(turn));
      }
    } else {
      return fail(Code::bad_argument, place, ".role: \"", role,
                  "\" is not known: user, assistant or system");
    }
  }
  if (!messages.empty() && messages.back().role == Role::assistant) {
    messages.back().continues = true;
  }
  return messages;
}

Result<std::vector<Json>> read_anthropic_tools(const Json& list, std::string_view path) {
  TRY_DO(expect_array(list, path));
  std::vector<Json> tools;
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    const Json& tool = list.as_array()[i];
    const std::string place = element_path(path, i);
    TRY_DO(expect_object(tool, place));
    TRY(const std::string type, string_member_or(tool, "type", "custom", place));
    if (type != "custom") {
      return fail(Code::unsupported, place, ".type: \"", type, "\" is not supported");
    }
    Json function = Json::object();
    TRY(const std::string name, string_member(tool, "name", place));
    if (name.empty()) return fail(Code::bad_argument, place, ".name: empty");
    function.set("name", name);
    if (const Json* description = present(tool, "description")) {
      function.set("description", *description);
    }
    if (const Json* schema = present(tool, "input_schema")) function.set("parameters", *schema);
    tools.push_back(std::move(function));
  }
  return tools;
}

}  // namespace ds4::text
