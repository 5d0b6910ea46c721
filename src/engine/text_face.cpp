// The face's text.h over the text layer.
#include <algorithm>
#include <utility>

#include "base/json.h"
#include "engine/text_state.h"
#include "model/vocabulary_keys.h"
#include "text/message_json.h"
#include "text/render.h"
#include "text/stream_parser.h"

namespace ds4 {

namespace {

// What the parsers must know of a request.
text::ParseOptions parse_options(const std::vector<text::Message>& messages,
                                 const text::Prompt& prompt) {
  text::ParseOptions out;
  out.thinking = prompt.end == text::PromptEnd::reasoning;
  out.knows_marks = true;
  std::vector<Json> tools;
  for (const text::Message& message : messages) {
    tools.insert(tools.end(), message.tools.begin(), message.tools.end());
    out.history_has_tools |= message.role == text::Role::tool || !message.tool_calls.empty();
  }
  out.tools = text::OfferedTools(tools);
  return out;
}

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

Error no_token(Token token, std::size_t count) {
  return fail(Code::bad_argument, "there is no token ", token, ", only 0 to ", count - 1);
}

}  // namespace

struct Prompt::State {
  std::string text;
  std::vector<Token> tokens;
  text::ParseOptions options;
};

struct TurnStream::State {
  const text::Tokenizer& tokenizer;
  text::StreamParser parser;
  bool ended = false;  // by a token

  bool is_stop(Token token) const {
    const auto& stops = tokenizer.vocabulary().stops();
    return std::find(stops.begin(), stops.end(), token) != stops.end();
  }
};

Prompt::Prompt(std::unique_ptr<State> state) : state_(std::move(state)) {}
Prompt::Prompt(Prompt&&) noexcept = default;
Prompt& Prompt::operator=(Prompt&&) noexcept = default;
Prompt::~Prompt() = default;

const std::string& Prompt::text() const {
  return state_->text;
}
const std::vector<Token>& Prompt::tokens() const {
  return state_->tokens;
}
bool Prompt::is_thinking() const {
  return state_->options.thinking;
}

TextModel::TextModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextModel::TextModel(TextModel&&) noexcept = default;
TextModel& TextModel::operator=(TextModel&&) noexcept = default;
TextModel::~TextModel() = default;

Result<TextModel> TextModel::open(const std::string& path) {
  TRY(text::Vocabulary vocabulary, model::open_vocabulary(path));
  return TextModel(std::make_unique<State>(std::move(vocabulary)));
}

std::size_t TextModel::token_count() const {
  return state_->tokenizer->vocabulary().size();
}

Result<std::vector<Token>> TextModel::encode(std::string_view text, SpecialTokens special) const {
  if (text.size() > UINT32_MAX) {
    return fail(Code::too_large, "a text of ", text.size(), " bytes; the limit is ", UINT32_MAX);
  }
  return state_->tokenizer->encode(text, {.trust_specials = special == SpecialTokens::recognised});
}

Result<std::string> TextModel::decode(std::span<const Token> tokens) const {
  for (const Token token : tokens) {
    if (!state_->tokenizer->vocabulary().contains(token)) return no_token(token, token_count());
  }
  return state_->tokenizer->decode(tokens);
}

Result<Prompt> TextModel::render(std::string_view request) const {
  TRY(const Json json, parse_json(request));
  TRY(const text::RenderRequest read, text::read_render_request(json));
  TRY(const text::Prompt prompt, text::render(read.messages, read.options, read.context));
  std::vector<text::Message> all = read.context;
  all.insert(all.end(), read.messages.begin(), read.messages.end());
  return Prompt(std::make_unique<Prompt::State>(Prompt::State{
      prompt.text(), state_->tokenizer->encode_spans(prompt.spans), parse_options(all, prompt)}));
}

TurnStream::TurnStream(const TextModel& model, const Prompt& prompt)
    : state_(new State{*model.state_->tokenizer, text::StreamParser(prompt.state_->options)}) {}
TurnStream::TurnStream(TurnStream&&) noexcept = default;
TurnStream& TurnStream::operator=(TurnStream&&) noexcept = default;
TurnStream::~TurnStream() = default;

Result<std::vector<TurnEvent>> TurnStream::push(Token token) {
  const text::Tokenizer& tokenizer = state_->tokenizer;
  if (!tokenizer.vocabulary().contains(token)) {
    return no_token(token, tokenizer.vocabulary().size());
  }
  std::vector<TurnEvent> out;
  if (is_over()) return out;
  if (state_->is_stop(token)) {
    state_->ended = true;
    return out;
  }
  std::vector<text::StreamEvent> events;
  const std::string_view bytes = tokenizer.token_bytes(token);
  if (tokenizer.is_added(token)) {
    state_->parser.feed_mark(bytes, events);
  } else {
    state_->parser.feed(bytes, events);
  }
  convert(events, out);
  return out;
}

bool TurnStream::is_over() const {
  return state_->ended || state_->parser.is_over();
}

Turn TurnStream::finish(std::vector<TurnEvent>* last) {
  const text::TurnEnd end = state_->ended              ? text::TurnEnd::eos
                            : state_->parser.is_over() ? text::TurnEnd::block_closed
                                                       : text::TurnEnd::length;
  std::vector<text::StreamEvent> events;
  text::ParsedTurn parsed = state_->parser.finish(end, events);
  if (last != nullptr) convert(events, *last);
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

}  // namespace ds4
