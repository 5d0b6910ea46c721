#include "engine/turn_events.h"

#include <algorithm>
#include <utility>

namespace ds4::engine {

namespace {

struct ToEvent {
  TurnEvent operator()(text::ReasoningDelta& e) const { return ReasoningText{std::move(e.text)}; }
  TurnEvent operator()(text::ReasoningEnd&) const { return ReasoningEnded{}; }
  TurnEvent operator()(text::TextDelta& e) const { return AnswerText{std::move(e.text)}; }
  TurnEvent operator()(text::CallStart& e) const {
    return ToolCallStarted{e.index, std::move(e.id), std::move(e.name)};
  }
  TurnEvent operator()(text::CallDelta& e) const {
    return ToolCallArguments{e.index, std::move(e.json)};
  }
  TurnEvent operator()(text::CallEnd& e) const { return ToolCallEnded{e.index}; }
  TurnEvent operator()(text::CallFailure& e) const {
    return ToolCallFailed{e.index, std::move(e.reason)};
  }
};

void convert(std::vector<text::StreamEvent>& from, std::vector<TurnEvent>& to) {
  for (text::StreamEvent& event : from) to.push_back(std::visit(ToEvent(), event));
}

TurnFinish finish_of(text::Finish finish) {
  switch (finish) {
    case text::Finish::stop:
      return TurnFinish::stop;
    case text::Finish::length:
      return TurnFinish::length;
    case text::Finish::tool_calls:
      return TurnFinish::tool_calls;
  }
  return TurnFinish::stop;
}

}  // namespace

void TurnEvents::push(Token token, std::vector<TurnEvent>& events) {
  if (is_over()) return;
  const auto& stops = tokenizer_.vocabulary().stops();
  if (std::find(stops.begin(), stops.end(), token) != stops.end()) {
    ended_ = true;
    return;
  }
  parsed_.clear();
  const std::string_view bytes = tokenizer_.token_bytes(token);
  if (tokenizer_.is_added(token)) {
    parser_.feed_mark(bytes, parsed_);
  } else {
    parser_.feed(bytes, parsed_);
  }
  convert(parsed_, events);
}

Turn TurnEvents::finish(std::vector<TurnEvent>& events) {
  const text::TurnEnd end = ended_              ? text::TurnEnd::eos
                            : parser_.is_over() ? text::TurnEnd::block_closed
                                                : text::TurnEnd::length;
  parsed_.clear();
  text::ParsedTurn parsed = parser_.finish(end, parsed_);
  convert(parsed_, events);
  Turn turn;
  turn.reasoning = std::move(parsed.reasoning);
  turn.answer = parsed.content.substr(0, parsed.prose_bytes);
  for (text::ToolCall& call : parsed.calls) {
    turn.calls.push_back({std::move(call.id), std::move(call.name), std::move(call.arguments)});
  }
  turn.finish = finish_of(parsed.finish);
  turn.failure = std::move(parsed.failure);
  return turn;
}

}  // namespace ds4::engine
