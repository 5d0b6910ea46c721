// The face's text.h over the text layer.
#include <utility>

#include "base/json.h"
#include "engine/text_state.h"
#include "engine/turn_events.h"
#include "model/vocabulary_keys.h"
#include "text/message_json.h"
#include "text/render.h"

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

Error no_token(Token token, std::size_t count) {
  return fail(Code::bad_argument, "there is no token ", token, ", only 0 to ", count - 1);
}

}  // namespace

struct TurnStream::State {
  const text::Vocabulary& vocabulary;
  engine::TurnEvents events;
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
  return Prompt(std::make_unique<Prompt::State>(
      Prompt::State{prompt.text(), state_->tokenizer->encode_spans(prompt.spans),
                    parse_options(all, prompt), prompt.end != text::PromptEnd::nowhere}));
}

TurnStream::TurnStream(const TextModel& model, const Prompt& prompt)
    : state_(new State{model.state_->tokenizer->vocabulary(),
                       engine::TurnEvents(*model.state_->tokenizer, prompt.state_->options)}) {}
TurnStream::TurnStream(TurnStream&&) noexcept = default;
TurnStream& TurnStream::operator=(TurnStream&&) noexcept = default;
TurnStream::~TurnStream() = default;

Result<std::vector<TurnEvent>> TurnStream::push(Token token) {
  const text::Vocabulary& vocabulary = state_->vocabulary;
  if (!vocabulary.contains(token)) return no_token(token, vocabulary.size());
  std::vector<TurnEvent> out;
  state_->events.push(token, out);
  return out;
}

bool TurnStream::is_over() const {
  return state_->events.is_over();
}

Turn TurnStream::finish(std::vector<TurnEvent>* last) {
  std::vector<TurnEvent> out;
  return state_->events.finish(last != nullptr ? *last : out);
}

}  // namespace ds4
