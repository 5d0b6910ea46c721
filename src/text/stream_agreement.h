// The law of the two parsers, for tests and fuzzing: fed in any pieces, the streaming parser says
// what the whole-turn parser says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "text/stream_parser.h"

namespace ds4::text {

// What a client has at the end of a stream.
struct Received {
  struct Call {
    ToolCall call;
    bool ended = false;
  };
  std::string reasoning, text;
  std::vector<Call> calls;
  std::string failure;
  std::string disorder;  // the first event that should not be where it is

  void take(const StreamEvent& event) {
    if (!failure.empty()) disorder = "an event behind a failure";
    if (const auto* reasoned = std::get_if<ReasoningDelta>(&event)) {
      if (!text.empty() || !calls.empty() || closed_) disorder = "late reasoning";
      take_delta(reasoning, reasoned->text);
    } else if (std::get_if<ReasoningEnd>(&event) != nullptr) {
      closed_ = true;
    } else if (const auto* said = std::get_if<TextDelta>(&event)) {
      if (!calls.empty()) disorder = "text behind a call";
      take_delta(text, said->text);
    } else if (const auto* start = std::get_if<CallStart>(&event)) {
      if (start->index != static_cast<int>(calls.size())) disorder = "a call out of order";
      if (!calls.empty() && !calls.back().ended) disorder = "a call inside a call";
      calls.push_back({{start->id, start->name, "", false}, false});
    } else if (const auto* delta = std::get_if<CallDelta>(&event)) {
      if (!is_open(delta->index)) disorder = "arguments of no open call";
      if (!calls.empty()) take_delta(calls.back().call.arguments, delta->json);
    } else if (const auto* end = std::get_if<CallEnd>(&event)) {
      if (!is_open(end->index)) disorder = "the end of no open call";
      if (!calls.empty()) calls.back().ended = true;
    } else if (const auto* failed = std::get_if<CallFailure>(&event)) {
      if (failed->index != -1 && !is_open(failed->index)) disorder = "a failure of no open call";
      failure = failed->reason;
    }
  }

 private:
  bool is_open(int index) const {
    return index + 1 == static_cast<int>(calls.size()) && !calls.empty() && !calls.back().ended;
  }
  void take_delta(std::string& all, const std::string& delta) {
    if (delta.empty()) disorder = "an empty delta";
    if (to_valid_utf8(delta) != delta) disorder = "a delta that is not UTF-8";
    all += delta;
  }
  bool closed_ = false;
};

// Feeds `text` in pieces that end at `cuts` (ascending) and returns the first disagreement, or "".
inline std::string disagreement(std::string_view text, const ParseOptions& options, TurnEnd end,
                                const std::vector<std::size_t>& cuts) {
  int ids = 0;
  StreamParser parser(options, [&] { return "id" + std::to_string(ids++); });
  Received received;
  std::vector<StreamEvent> events;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t next = i < cuts.size() ? cuts[i] : text.size();
    events.clear();
    parser.feed(text.substr(at, next - at), events);
    for (const StreamEvent& event : events) received.take(event);
    at = next;
  }
  events.clear();
  const ParsedTurn turn = parser.finish(end, events);
  for (const StreamEvent& event : events) received.take(event);

  if (!received.disorder.empty()) return received.disorder;
  if (received.reasoning != turn.reasoning) {
    return "reasoning: \"" + received.reasoning + "\", whole \"" + turn.reasoning + "\"";
  }
  const std::string prose = turn.content.substr(0, turn.prose_bytes);
  if (received.text != prose) return "text: \"" + received.text + "\", whole \"" + prose + "\"";
  std::size_t ended = 0;
  for (const Received::Call& one : received.calls) ended += one.ended;
  if (turn.calls.empty() && end == TurnEnd::length) return "";  // what was sent stays
  if (ended != turn.calls.size()) {
    return std::to_string(ended) + " calls, whole " + std::to_string(turn.calls.size()) + " (" +
           turn.failure + ")";
  }
  if (received.calls.size() > ended && received.failure.empty()) return "a call without an end";
  for (std::size_t i = 0; i < ended; ++i) {
    const ToolCall& streamed = received.calls[i].call;
    const ToolCall& whole = turn.calls[i];
    if (streamed.id != whole.id || streamed.name != whole.name) return "another call";
    const auto streamed_json = parse_json(streamed.arguments);
    const auto whole_json = parse_json(whole.arguments);
    if (!streamed_json.ok() || !whole_json.ok()) return "no JSON: " + streamed.arguments;
    if (!(*streamed_json == *whole_json)) {
      return "arguments: " + streamed.arguments + ", whole " + whole.arguments;
    }
    if (!whole.repaired && streamed.arguments != whole.arguments) {
      return "spelling: " + streamed.arguments + ", whole " + whole.arguments;
    }
  }
  return "";
}

}  // namespace ds4::text
