// Messages, tool offers and answers in the shape of the Anthropic Messages API, to and from our
// own. Plain data: transport, streaming and signatures belong to others.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "text/message.h"
#include "text/parsed_turn.h"

namespace ds4::text {

// The content blocks of an answer: thinking, text, and a tool_use a call, those that are not empty.
// `signature` is put on the thinking block as it is.
Json to_anthropic_content(const ParsedTurn& turn, std::string_view signature);

// `system`: a string or text blocks. Telemetry blocks are dropped; an empty list when nothing is
// left.
Result<std::vector<Message>> read_anthropic_system(const Json& system,
                                                   std::string_view path = "system");

// `messages`: user turns keep the order of results and text, adjacent assistant messages are one
// turn, and an assistant message at the end is one to continue.
Result<std::vector<Message>> read_anthropic_messages(const Json& list,
                                                     std::string_view path = "messages");

// [{"name", "description", "input_schema"}] as the functions that are rendered.
Result<std::vector<Json>> read_anthropic_tools(const Json& list, std::string_view path = "tools");

}  // namespace ds4::text
