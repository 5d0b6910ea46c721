#include "text/replay_memory.h"

#include <algorithm>

namespace ds4::text {

namespace {

bool same_number(const Json& a, const Json& b) {
  const Json::Number& left = a.as_number();
  const Json::Number& right = b.as_number();
  if (left.is_integer && right.is_integer) return left.text == right.text;
  return a.as_double() == b.as_double();
}

std::vector<const Json::Member*> sorted_members(const Json& object) {
  std::vector<const Json::Member*> members;
  for (const Json::Member& member : object.as_object()) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const Json::Member* a, const Json::Member* b) { return a->first < b->first; });
  return members;
}

bool same_arguments(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto left = parse_json(a.empty() ? "{}" : a);
  const auto right = parse_json(b.empty() ? "{}" : b);
  return left.ok() && right.ok() && same_json(*left, *right);
}

std::string_view without_ends(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

bool same_json(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return same_number(a, b);
  if (a.is_array() && b.is_array()) {
    return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(),
                      b.as_array().end(), same_json);
  }
  if (a.is_object() && b.is_object()) {
    const auto left = sorted_members(a);
    const auto right = sorted_members(b);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const Json::Member* x, const Json::Member* y) {
                        return x->first == y->first && same_json(x->second, y->second);
                      });
  }
  return a == b;
}

std::size_t ReplayMemory::size_of(const SampledTurn& turn) {
  std::size_t size = sizeof turn + turn.reasoning.size() + turn.content.size();
  for (const ToolCall& call : turn.calls) {
    // An id is also a key of the index.
    size += sizeof call + 2 * call.id.size() + call.name.size() + call.arguments.size();
  }
  for (const Span& span : turn.block) size += sizeof span + span.bytes.size();
  return size;
}

void ReplayMemory::store(SampledTurn turn) {
  if (turn.calls.empty() || turn.calls.size() > limits_.ids || size_of(turn) > limits_.bytes) {
    return;
  }
  for (const ToolCall& call : turn.calls) {
    if (const auto known = places_.find(call.id); known != places_.end()) forget(known->second);
  }
  bytes_ += size_of(turn);
  turns_.push_front(std::move(turn));
  for (const ToolCall& call : turns_.front().calls) places_[call.id] = turns_.begin();
  while (bytes_ > limits_.bytes || places_.size() > limits_.ids) forget(std::prev(turns_.end()));
}

void ReplayMemory::forget(Turns::iterator turn) {
  bytes_ -= size_of(*turn);
  for (const ToolCall& call : turn->calls) places_.erase(call.id);
  turns_.erase(turn);
}

bool ReplayMemory::recall(Message& message) {
  if (message.tool_calls.empty()) return false;
  const auto known = places_.find(message.tool_calls.front().id);
  if (known == places_.end()) return false;
  const SampledTurn& turn = *known->second;
  const bool same = std::equal(turn.calls.begin(), turn.calls.end(), message.tool_calls.begin(),
                               message.tool_calls.end(), [](const ToolCall& a, const ToolCall& b) {
                                 return a.id == b.id && a.name == b.name &&
                                        same_arguments(a.arguments, b.arguments);
                               });
  if (!same) return false;
  turns_.splice(turns_.begin(), turns_, known->second);
  message.sampled_block = turn.block;
  if (without_ends(message.content) == without_ends(turn.content)) message.content = turn.content;
  if (!message.reasoning) message.reasoning = turn.reasoning;
  return true;
}

}  // namespace ds4::text
