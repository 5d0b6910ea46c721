// The canonical conversation that every API and front end is brought to before it is rendered:
// plain data, one spelling for each thing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/span.h"

namespace ds4::text {

enum class Role { system, user, assistant, tool, latest_reminder, developer };

// The short classification prompts of the raw API; each is one token in the prompt.
enum class Task { none, action, query, authority, domain, title, read_url };

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON text
  bool repaired = false;  // a value was not what its tag or schema said

  bool operator==(const ToolCall&) const = default;
};

struct Message {
  Role role = Role::user;
  std::string content;

  // system and developer
  std::vector<Json> tools;              // the `function` member of each offered tool
  std::optional<Json> response_format;  // a JSON Schema

  // assistant
  std::optional<std::string> reasoning;  // absent: the client did not say
  std::vector<ToolCall> tool_calls;
  // The tool block as it was sampled, separator included; stands in for the canonical markup of
  // `tool_calls`. Whoever remembered it also remembered which of its bytes were tokens.
  std::vector<Span> sampled_block;
  bool continues = false;  // the answer goes on from this text: no end-of-sentence mark

  // tool
  std::string tool_call_id;

  // user and assistant
  Task task = Task::none;
};

}  // namespace ds4::text
