// Brings a message list to the turns that the template knows: tool results and consecutive user
// messages become blocks of one user turn, results in the order of their calls.
#pragma once

#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "text/message.h"

namespace ds4::text {

struct Block {
  bool is_tool_result = false;
  std::string_view text;
  std::string_view tool_call_id;
};

// One rendered turn: a message of the list, or a run of user and tool messages. Its views point
// into the list, which must outlive it.
struct Turn {
  Role role = Role::user;
  const Message* message = nullptr;  // of a user turn its first message
  std::vector<Block> blocks;         // user turns only
  Task task = Task::none;
  bool in_context = false;  // already in the cache: decides with the others, is not rendered
};

// Appends the turns of `messages`. A task on a message that is merged into an earlier one would be
// lost, so it is refused; `path` names the list in that sentence.
Result<void> append_turns(std::vector<Turn>& turns, const std::vector<Message>& messages,
                          bool in_context, std::string_view path);

// Sorts the tool results inside each user turn by the calls they answer; text keeps its places.
void sort_tool_results(std::vector<Turn>& turns);

// The index of the last user or developer turn, or -1.
int last_user_turn(const std::vector<Turn>& turns);

// Part of hiding the history of a conversation that thinks without tools: developer turns before
// the last user turn go.
void drop_old_developer_turns(std::vector<Turn>& turns);

}  // namespace ds4::text
