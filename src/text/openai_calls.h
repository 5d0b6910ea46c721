// Tool calls and tool offers in the shape of the OpenAI APIs, to and from our own. Plain data: ids,
// streaming and transport belong to others.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "text/message.h"
#include "text/parsed_turn.h"

namespace ds4::text {

// chat: [{"id", "type": "function", "function": {"name", "arguments"}}]
Json to_openai_calls(const std::vector<ToolCall>& calls);
// `arguments` may also be an object. `id` may be missing.
Result<std::vector<ToolCall>> read_openai_calls(const Json& list, std::string_view path);
// chat, legacy: {"name", "arguments"}
Result<ToolCall> read_function_call(const Json& call, std::string_view path);

// chat: the message of an answer. `content` is null where there are only calls; reasoning and calls
// are left out where there are none.
Json to_openai_message(const ParsedTurn& turn);

// responses: one {"type": "function_call", "call_id", "name", "arguments"} a call.
Json to_response_items(const std::vector<ToolCall>& calls);
Result<ToolCall> read_response_item(const Json& item, std::string_view path);

}  // namespace ds4::text
