// Settles the habits of clients before rendering: where tools go, what several system messages
// mean, what becomes of one that comes late. All of it so that a longer conversation renders to
// bytes that begin with those of the shorter one.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "text/message.h"

namespace ds4::text {

struct Offer {
  std::vector<Json> tools;              // `function` members; kept whatever tool_choice says
  std::optional<Json> response_format;  // a JSON Schema
};

// - `developer` means system. Leading system messages become one, joined by a blank line; tools and
//   response format go onto it, or onto an empty one made for them.
// - A later system message becomes a reminder directly before a user turn: before the turn it
//   stands in or directly behind, else before the next one, else before the last. It is never
//   hoisted to the front, nor put between a user turn and its answer.
// - Empty user and system messages are dropped unless nothing would be left.
// - The list must end with the user or a tool, or with an assistant message to go on from.
Result<std::vector<Message>> arrange(std::vector<Message> messages, Offer offer = {});

// What the model is told when its tool call could not be read, so that it may try again.
Message invalid_call_result(std::string_view reason);

}  // namespace ds4::text
