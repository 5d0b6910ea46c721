#include "cli/event_json.h"

#include <string_view>
#include <utility>
#include <variant>

namespace ds4::cli {

namespace {

std::string_view name_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::context_full:
      return "context_full";
    case FinishReason::stopped:
      return "stopped";
    case FinishReason::failed:
      return "failed";
  }
  return "failed";
}

Json typed(std::string_view type) {
  Json out = Json::object();
  out.set("type", type);
  return out;
}

Json stats_json(const AnswerStats& stats) {
  Json out = Json::object();
  out.set("prompt_tokens", stats.prompt_tokens);
  out.set("reused_tokens", stats.reused_tokens);
  out.set("answer_tokens", stats.answer_tokens);
  out.set("prompt_seconds", stats.prompt_seconds);
  out.set("answer_seconds", stats.answer_seconds);
  out.set("drafted_tokens", stats.drafted_tokens);
  out.set("accepted_tokens", stats.accepted_tokens);
  out.set("draft_speedup", stats.draft_speedup);
  out.set("model_steps", stats.model_steps);
  out.set("context_used", stats.context_used);
  out.set("context_tokens", stats.context_tokens);
  out.set("seed", stats.seed);
  return out;
}

struct Writer {
  Json operator()(const Progress& e) const {
    Json out = typed("progress");
    out.set("tokens_done", e.tokens_done);
    out.set("tokens_total", e.tokens_total);
    out.set("seconds", e.seconds);
    return out;
  }
  Json operator()(const ReasoningText& e) const {
    Json out = typed("reasoning");
    out.set("text", e.text);
    return out;
  }
  Json operator()(const ReasoningEnded&) const { return typed("reasoning_end"); }
  Json operator()(const AnswerText& e) const {
    Json out = typed("answer");
    out.set("text", e.text);
    return out;
  }
  Json operator()(const ToolCallStarted& e) const {
    Json out = typed("tool_call_start");
    out.set("index", e.index);
    out.set("id", e.id);
    out.set("name", e.name);
    return out;
  }
  Json operator()(const ToolCallArguments& e) const {
    Json out = typed("tool_call_arguments");
    out.set("index", e.index);
    out.set("json", e.json);
    return out;
  }
  Json operator()(const ToolCallEnded& e) const {
    Json out = typed("tool_call_end");
    out.set("index", e.index);
    return out;
  }
  Json operator()(const ToolCallFailed& e) const {
    Json out = typed("tool_call_failed");
    out.set("index", e.index);
    out.set("reason", e.reason);
    return out;
  }
  Json operator()(const Finished& e) const {
    Json out = typed("finished");
    out.set("reason", name_of(e.reason));
    out.set("answer", e.turn.answer);
    out.set("reasoning", e.turn.reasoning);
    Json calls = Json::array();
    for (const Turn::Call& call : e.turn.calls) {
      Json one = Json::object();
      one.set("id", call.id);
      one.set("name", call.name);
      one.set("arguments", call.arguments);
      calls.push(std::move(one));
    }
    out.set("tool_calls", std::move(calls));
    out.set("failure", e.failure);
    out.set("stats", stats_json(e.stats));
    return out;
  }
};

}  // namespace

Json event_json(const Event& event) {
  return std::visit(Writer{}, event);
}

}  // namespace ds4::cli
