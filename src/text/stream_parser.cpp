#include "text/stream_parser.h"

#include "base/check.h"
#include "base/utf8.h"
#include "text/call_ids.h"
#include "text/dsml.h"

namespace ds4::text {

StreamParser::StreamParser(ParseOptions options, NewId new_id)
    : options_(std::move(options)),
      new_id_(std::move(new_id)),
      reader_(options_, *this),
      thinks_(options_.thinking) {
  if (!new_id_) new_id_ = [] { return new_call_id(kOpenAiCallPrefix); };
}

void StreamParser::feed(std::string_view bytes, std::vector<StreamEvent>& events) {
  events_ = &events;
  events_before_ = events.size();
  text_ += bytes;
  reader_.feed(bytes);
}

void StreamParser::feed_mark(std::string_view literal, std::vector<StreamEvent>& events) {
  events_ = &events;
  events_before_ = events.size();
  const bool closes = thinks_ && literal == kThinkClose;
  if (!reader_.feed_mark(literal)) return;
  if (closes) think_close_ = text_.size();
  text_ += literal;
}

ParsedTurn StreamParser::finish(TurnEnd end, std::vector<StreamEvent>& events) {
  events_ = &events;
  events_before_ = events.size();
  reader_.finish(end);
  if (options_.thinking) {
    reasoning_stream_.finish(reasoning_delta());
    drop_empty_delta();
  }
  prose_stream_.finish(text_delta());
  drop_empty_delta();
  ParsedTurn turn = parse_turn(text_, options_, end, think_close_);
  CHECK(turn.calls.size() <= ids_.size());
  for (std::size_t i = 0; i < turn.calls.size(); ++i) turn.calls[i].id = ids_[i];
  return turn;
}

// The delta of that kind at the end of the events, a new one where there is none.
std::string& StreamParser::reasoning_delta() {
  if (events_->size() > events_before_) {
    if (auto* last = std::get_if<ReasoningDelta>(&events_->back())) return last->text;
  }
  return std::get<ReasoningDelta>(events_->emplace_back(ReasoningDelta{})).text;
}

std::string& StreamParser::text_delta() {
  if (events_->size() > events_before_) {
    if (auto* last = std::get_if<TextDelta>(&events_->back())) return last->text;
  }
  return std::get<TextDelta>(events_->emplace_back(TextDelta{})).text;
}

std::string& StreamParser::call_delta() {
  if (events_->size() > events_before_) {
    if (auto* last = std::get_if<CallDelta>(&events_->back())) return last->json;
  }
  return std::get<CallDelta>(events_->emplace_back(CallDelta{call_index(), {}})).json;
}

// A filter may have kept all it was given.
void StreamParser::drop_empty_delta() {
  if (events_->size() == events_before_) return;
  const StreamEvent& last = events_->back();
  const auto* reasoning = std::get_if<ReasoningDelta>(&last);
  const auto* text = std::get_if<TextDelta>(&last);
  const auto* call = std::get_if<CallDelta>(&last);
  if ((reasoning != nullptr && reasoning->text.empty()) ||
      (text != nullptr && text->text.empty()) || (call != nullptr && call->json.empty())) {
    events_->pop_back();
  }
}

void StreamParser::reasoning(std::string_view bytes) {
  if (bytes.empty()) return;
  reasoning_stream_.push(bytes, reasoning_delta());
  drop_empty_delta();
}

void StreamParser::reasoning_closed() {
  reasoning_stream_.finish(reasoning_delta());
  drop_empty_delta();
  thinks_ = false;
  events_->emplace_back(ReasoningEnd{});
}

void StreamParser::prose(std::string_view bytes) {
  prose_stream_.push(bytes, text_delta());
  drop_empty_delta();
}

void StreamParser::call_opened(std::string_view name) {
  prose_stream_.finish(text_delta());
  drop_empty_delta();
  name_ = to_valid_utf8(name);
  ids_.push_back(new_id_());
  is_first_.assign(1, true);
  events_->emplace_back(CallStart{call_index(), ids_.back(), name_});
  call_delta() += '{';
}

void StreamParser::parameter_opened(std::string_view key, ValueForm form) {
  const std::string name = to_valid_utf8(key);
  std::string& json = call_delta();
  if (!is_first_.back()) json += ", ";
  is_first_.back() = false;
  append_json_string(json, name);
  json += ": ";
  form_ = form;
  in_value_ = true;
  type_ = is_first_.size() == 1 ? options_.tools.type_of(name_, name) : ParameterType::unknown;
  buffers_ = form != ValueForm::string || (options_.coerce_arguments && may_be_coerced(type_));
  value_.clear();
  if (!buffers_) json += '"';
}

void StreamParser::object_opened() {
  call_delta() += '{';
  is_first_.push_back(true);
  in_value_ = false;
}

void StreamParser::value(std::string_view bytes) {
  if (buffers_) {
    value_ += bytes;
    return;
  }
  value_.clear();
  value_stream_.push(bytes, value_);
  if (!value_.empty()) append_json_escaped(call_delta(), value_);
}

void StreamParser::parameter_closed() {
  std::string& json = call_delta();
  if (!in_value_) {
    json += '}';
    is_first_.pop_back();
    return;
  }
  in_value_ = false;
  if (buffers_) {
    const int level = static_cast<int>(is_first_.size()) - 1;
    json += argument_value(form_, value_, type_, level, options_.coerce_arguments).json;
  } else {
    value_stream_.finish(json);
    json += '"';
  }
}

void StreamParser::call_closed() {
  call_delta() += '}';
  is_first_.clear();
  events_->emplace_back(CallEnd{call_index()});
}

void StreamParser::failed(std::string_view why) {
  prose_stream_.finish(text_delta());
  drop_empty_delta();
  const bool is_open = !is_first_.empty();
  is_first_.clear();
  events_->emplace_back(CallFailure{is_open ? call_index() : -1, std::string(why)});
}

}  // namespace ds4::text
