#include "text/message_json.h"

#include <algorithm>

#include "text/conversation.h"
#include "text/json_place.h"
#include "text/openai_calls.h"

namespace ds4::text {

namespace {

Result<Role> role_of(const Json& message, std::string_view path) {
  TRY(const std::string name, string_member(message, "role", path));
  if (name == "system") return Role::system;
  if (name == "user") return Role::user;
  if (name == "assistant") return Role::assistant;
  if (name == "tool" || name == "function") return Role::tool;
  if (name == "latest_reminder") return Role::latest_reminder;
  if (name == "developer") return Role::developer;
  return fail(Code::bad_argument, path, ".role: \"", name,
              "\" is not known: system, user, assistant, tool, latest_reminder or developer");
}

Result<Task> task_of(const Json& message, std::string_view path) {
  TRY(const std::string name, string_member_or(message, "task", "", path));
  if (name.empty()) return Task::none;
  if (name == "action") return Task::action;
  if (name == "query") return Task::query;
  if (name == "authority") return Task::authority;
  if (name == "domain") return Task::domain;
  if (name == "title") return Task::title;
  if (name == "read_url") return Task::read_url;
  return fail(Code::bad_argument, path, ".task: \"", name,
              "\" is not known: action, query, authority, domain, title or read_url");
}

Result<std::string> part_text(const Json& part, Role role, std::string_view path) {
  if (part.is_string()) return part.as_string();
  TRY_DO(expect_object(part, path));
  TRY(const std::string type, string_member(part, "type", path));
  if (type == "text" || type == "input_text" || type == "output_text") {
    return string_member(part, "text", path);
  }
  if (type == "refusal") return string_member(part, "refusal", path);
  if (role == Role::tool) return "[Unsupported " + type + "]";
  return fail(Code::unsupported, path, ".type: \"", type,
              "\" is not supported; this model reads text only");
}

Result<std::string> content_of(const Json& message, Role role, bool drops_telemetry,
                               std::string_view path) {
  const Json* content = present(message, "content");
  if (content == nullptr) return std::string();
  const std::string place = member_path(path, "content");
  const auto is_dropped = [&](std::string_view text) {
    return drops_telemetry && is_telemetry(text);
  };
  if (content->is_string()) {
    return is_dropped(content->as_string()) ? std::string() : content->as_string();
  }
  if (!content->is_array()) {
    return fail(Code::bad_argument, place, ": expected a string or an array of parts, found ",
                kind_of(*content));
  }
  std::string out;
  bool first = true;
  for (std::size_t i = 0; i < content->as_array().size(); ++i) {
    TRY(const std::string text, part_text(content->as_array()[i], role, element_path(place, i)));
    if (is_dropped(text)) continue;
    if (!first) out += "\n\n";
    first = false;
    out += text;
  }
  return out;
}

Result<std::optional<std::string>> reasoning_of(const Json& message, std::string_view path) {
  for (const std::string_view key : {"reasoning_content", "reasoning"}) {
    const Json* value = present(message, key);
    if (value == nullptr) continue;
    TRY(std::string text, expect_string(*value, member_path(path, key)));
    return std::optional<std::string>(std::move(text));
  }
  return std::optional<std::string>();
}

Result<Message> read_message(const Json& item, MessageSource source, std::string_view path) {
  TRY_DO(expect_object(item, path));
  Message message;
  TRY(message.role, role_of(item, path));
  if (source == MessageSource::client && message.role == Role::developer) {
    message.role = Role::system;
  }
  const bool is_system = message.role == Role::system || message.role == Role::developer;
  TRY(message.content,
      content_of(item, message.role, is_system && source == MessageSource::client, path));
  if (is_system) {
    if (const Json* tools = present(item, "tools")) {
      TRY(message.tools, read_tools(*tools, member_path(path, "tools")));
    }
    // On a message this is the schema itself, as the template takes it.
    if (const Json* format = present(item, "response_format")) message.response_format = *format;
  }
  if (message.role == Role::assistant) {
    TRY(message.reasoning, reasoning_of(item, path));
    if (const Json* calls = present(item, "tool_calls")) {
      TRY(message.tool_calls, read_openai_calls(*calls, member_path(path, "tool_calls")));
    } else if (const Json* call = present(item, "function_call")) {
      TRY(ToolCall legacy, read_function_call(*call, member_path(path, "function_call")));
      message.tool_calls.push_back(std::move(legacy));
    }
    TRY(const bool prefix, bool_member_or(item, "prefix", false, path));
    TRY(const bool without_end, bool_member_or(item, "wo_eos", false, path));
    message.continues = prefix || without_end;
  }
  if (message.role == Role::tool) {
    TRY(message.tool_call_id, string_member_or(item, "tool_call_id", "", path));
  }
  if (message.role == Role::user || message.role == Role::assistant) {
    TRY(message.task, task_of(item, path));
  }
  return message;
}

Result<Thinking> read_thinking(const Json& options) {
  const std::string_view path = "options";
  TRY(const std::string mode, string_member_or(options, "thinking_mode", "thinking", path));
  if (mode != "chat" && mode != "thinking") {
    return fail(Code::bad_argument, "options.thinking_mode: \"", mode,
                "\" is not known: chat or thinking");
  }
  Thinking thinking;
  TRY(const std::string effort, string_member_or(options, "reasoning_effort", "", path));
  if (!effort.empty()) {
    TRY(thinking, thinking_from_effort(effort));
    if (!thinking.on) return thinking;
  }
  thinking.on = mode == "thinking";
  return thinking;
}

// A misspelled option would silently render another prompt.
Result<void> expect_known_options(const Json& options) {
  constexpr std::string_view kKnown[] = {"thinking_mode",
                                         "reasoning_effort",
                                         "drop_thinking",
                                         "add_bos",
                                         "sticky_tools",
                                         "tools_position",
                                         "raw"};
  for (const auto& [key, value] : options.as_object()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown)) continue;
    return fail(Code::bad_argument, "options.", key,
                ": not known; there are thinking_mode, reasoning_effort, drop_thinking, add_bos, "
                "sticky_tools, tools_position and raw");
  }
  return {};
}

Result<ToolsPosition> read_tools_position(const Json& options) {
  TRY(const std::string name, string_member_or(options, "tools_position", "last", "options"));
  if (name == "last") return ToolsPosition::last;
  if (name == "first") return ToolsPosition::first;
  return fail(Code::bad_argument, "options.tools_position: \"", name,
              "\" is not known: last or first");
}

}  // namespace

bool is_telemetry(std::string_view system_text) {
  return system_text.starts_with("x-anthropic-");
}

Result<std::vector<Message>> read_messages(const Json& list, MessageSource source,
                                           std::string_view path) {
  TRY_DO(expect_array(list, path));
  std::vector<Message> messages;
  messages.reserve(list.as_array().size());
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    TRY(Message message, read_message(list.as_array()[i], source, element_path(path, i)));
    messages.push_back(std::move(message));
  }
  return messages;
}

Result<std::vector<Json>> read_tools(const Json& list, std::string_view path) {
  TRY_DO(expect_array(list, path));
  std::vector<Json> tools;
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    const Json& tool = list.as_array()[i];
    const std::string place = element_path(path, i);
    TRY_DO(expect_object(tool, place));
    TRY(const std::string type, string_member_or(tool, "type", "function", place));
    if (type != "function") {
      return fail(Code::unsupported, place, ".type: \"", type, "\" is not supported");
    }
    const Json* function = present(tool, "function");
    if (function == nullptr) return fail(Code::bad_argument, place, ".function: missing");
    TRY_DO(expect_object(*function, member_path(place, "function")));
    TRY(const std::string name, string_member(*function, "name", member_path(place, "function")));
    if (name.empty()) return fail(Code::bad_argument, place, ".function.name: empty");
    tools.push_back(*function);
  }
  return tools;
}

Result<std::optional<Json>> read_response_format(const Json& value, std::string_view path) {
  TRY_DO(expect_object(value, path));
  TRY(const std::string type, string_member(value, "type", path));
  if (type == "text" || type == "json_object") return std::optional<Json>();
  if (type != "json_schema") {
    return fail(Code::bad_argument, path, ".type: \"", type,
                "\" is not known: text, json_object or json_schema");
  }
  const Json* wrapper = present(value, "json_schema");
  const Json* schema = wrapper == nullptr ? nullptr : present(*wrapper, "schema");
  if (schema == nullptr) return fail(Code::bad_argument, path, ".json_schema.schema: missing");
  return std::optional<Json>(*schema);
}

Result<RenderRequest> read_render_request(const Json& file) {
  TRY_DO(expect_object(file, "the file"));
  RenderRequest request;
  const Json* given = present(file, "options");
  const Json options = given == nullptr ? Json::object() : *given;
  TRY_DO(expect_object(options, "options"));
  TRY_DO(expect_known_options(options));
  TRY(request.options.thinking, read_thinking(options));
  TRY(request.options.drop_thinking, bool_member_or(options, "drop_thinking", true, "options"));
  TRY(request.options.add_bos, bool_member_or(options, "add_bos", true, "options"));
  TRY(request.options.sticky_tools, bool_member_or(options, "sticky_tools", true, "options"));
  TRY(request.options.tools_position, read_tools_position(options));
  TRY(const bool raw, bool_member_or(options, "raw", false, "options"));
  TRY(const std::string revision, string_member_or(file, "revision", "any", ""));
  if (revision != "any") {
    TRY(request.options.revision, template_revision(revision));
  }

  const Json* messages = file.find("messages");
  if (messages == nullptr) return fail(Code::bad_argument, "messages: missing");
  const MessageSource source = raw ? MessageSource::raw : MessageSource::client;
  TRY(request.messages, read_messages(*messages, source));
  if (const Json* context = present(file, "context")) {
    TRY(request.context, read_messages(*context, MessageSource::raw, "context"));
  }
  Offer offer;
  if (const Json* tools = present(file, "tools")) {
    TRY(offer.tools, read_tools(*tools));
  }
  if (const Json* format = present(file, "response_format")) {
    TRY(offer.response_format, read_response_format(*format));
  }
  if (raw) {
    if (!offer.tools.empty() || offer.response_format) {
      return fail(Code::bad_argument,
                  "tools: with \"raw\" they stand on a system or developer message");
    }
    return request;
  }
  if (!request.context.empty()) {
    return fail(Code::bad_argument, "context: only with \"raw\" in the options");
  }
  TRY(request.messages, arrange(std::move(request.messages), std::move(offer)));
  return request;
}

}  // namespace ds4::text
