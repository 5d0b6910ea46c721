#include "text/user_turn.h"

#include <algorithm>
#include <unordered_map>

namespace ds4::text {

Result<void> append_turns(std::vector<Turn>& turns, const std::vector<Message>& messages,
                          bool in_context, std::string_view path) {
  // A list never continues a turn of an earlier list.
  bool can_join = false;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    const bool is_tool = message.role == Role::tool;
    if (!is_tool && message.role != Role::user) {
      turns.push_back({message.role, &message, {}, message.task, in_context});
      can_join = false;
      continue;
    }
    // A tool result joins any open user turn; a user message starts anew behind a task.
    const bool joins = can_join && (is_tool || turns.back().task == Task::none);
    if (joins && message.task != Task::none) {
      return fail(Code::bad_argument, path, "[", i,
                  "]: a task must be on the first message of a user turn");
    }
    if (!joins) turns.push_back({Role::user, &message, {}, message.task, in_context});
    turns.back().blocks.push_back({is_tool, message.content, message.tool_call_id});
    can_join = true;
  }
  return {};
}

void sort_tool_results(std::vector<Turn>& turns) {
  std::unordered_map<std::string_view, std::size_t> order;  // of the latest calls
  for (Turn& turn : turns) {
    if (turn.role == Role::assistant && !turn.message->tool_calls.empty()) {
      order.clear();
      std::size_t index = 0;
      for (const ToolCall& call : turn.message->tool_calls) {
        if (!call.id.empty()) order.insert_or_assign(call.id, index);
        ++index;
      }
      continue;
    }
    std::vector<Block> results;
    for (const Block& block : turn.blocks) {
      if (block.is_tool_result) results.push_back(block);
    }
    if (results.size() < 2 || order.empty()) continue;
    const auto place = [&](const Block& block) {
      const auto known = order.find(block.tool_call_id);
      return known == order.end() ? std::size_t{0} : known->second;
    };
    std::stable_sort(results.begin(), results.end(),
                     [&](const Block& a, const Block& b) { return place(a) < place(b); });
    auto next = results.begin();
    for (Block& block : turn.blocks) {
      if (block.is_tool_result) block = *next++;
    }
  }
}

int last_user_turn(const std::vector<Turn>& turns) {
  for (std::size_t i = turns.size(); i > 0; --i) {
    const Role role = turns[i - 1].role;
    if (role == Role::user || role == Role::developer) return static_cast<int>(i - 1);
  }
  return -1;
}

void drop_old_developer_turns(std::vector<Turn>& turns) {
  const int last = last_user_turn(turns);
  std::vector<Turn> kept;
  kept.reserve(turns.size());
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const bool is_old = static_cast<int>(i) < last;
    if (!is_old || turns[i].role != Role::developer) kept.push_back(std::move(turns[i]));
  }
  turns = std::move(kept);
}

}  // namespace ds4::text
