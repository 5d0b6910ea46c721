// Reads message lists from JSON as OpenAI-style clients write them. Every complaint names the
// place: "messages[2].tool_calls[0].function.name: expected a string".
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "text/message.h"
#include "text/render.h"

namespace ds4::text {

enum class MessageSource {
  raw,     // the template's own message API: every role and field, nothing left out
  client,  // a request: telemetry parts of system text are dropped, `developer` means system
};

// Text that a client sends about itself, not to the model. It differs on every run and would make
// every prompt a new one.
bool is_telemetry(std::string_view system_text);

Result<std::vector<Message>> read_messages(const Json& list, MessageSource source,
                                           std::string_view path = "messages");

// OpenAI tool objects ({"type": "function", "function": {...}}): their `function` members.
Result<std::vector<Json>> read_tools(const Json& list, std::string_view path = "tools");

// OpenAI `response_format`: the inner schema of json_schema; nothing for text and json_object.
Result<std::optional<Json>> read_response_format(const Json& value,
                                                 std::string_view path = "response_format");

struct RenderRequest {
  std::vector<Message> messages;
  std::vector<Message> context;
  RenderOptions options;
};

// A whole file for rendering: `messages`, and as wanted `context`, `tools`, `response_format`,
// `options` (thinking_mode chat|thinking, reasoning_effort, drop_thinking, add_bos, sticky_tools,
// tools_position last|first, raw) and `revision` (preview, 0731 or any). Without `"raw": true` the
// messages pass through the rules for clients (conversation.h).
Result<RenderRequest> read_render_request(const Json& file);

}  // namespace ds4::text
