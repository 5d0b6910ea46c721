// The face's engine.h: a host, and the conversations over it.
#include <utility>

#include "ds4/chat.h"
#include "engine/chat_file.h"
#include "engine/chat_state.h"
#include "engine/responder_state.h"
#include "engine/text_state.h"

namespace ds4 {

struct Engine::State {
  engine::Parts parts;
  TextModel text;
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const std::string& path,
                                             const EngineOptions& options) {
  TRY(std::unique_ptr<engine::Host> host, engine::Host::open(path, options));
  const auto& vocabulary = host->model().vocabulary();
  if (!vocabulary) {
    return fail(Code::unsupported, path,
                ": has no tokenizer, so nobody can talk with it; add one with ds4-gguf");
  }
  auto text = std::make_unique<TextModel::State>(*vocabulary);
  auto tokenizer = text->tokenizer;
  engine::AllowedTokens allowed(tokenizer->vocabulary());
  return std::unique_ptr<Engine>(new Engine(std::unique_ptr<State>(new State{
      {std::move(host), std::move(tokenizer), std::move(allowed)}, TextModel(std::move(text))})));
}

const ModelFacts& Engine::facts() const {
  return state_->parts.host->facts();
}

const TextModel& Engine::text() const {
  return state_->text;
}

Result<Chat> Engine::start(const ChatOptions& options) {
  TRY_DO(engine::check_options(options, state_->parts));
  return Chat(std::make_unique<Chat::State>(
      std::make_unique<engine::Conversation>(state_->parts, options)));
}

Result<Chat> Engine::load(const std::string& path, const ChatOptions& options) {
  TRY_DO(engine::check_options(options, state_->parts));
  auto conversation = std::make_unique<engine::Conversation>(state_->parts, options);
  TRY_DO(engine::load_conversation(path, *conversation));
  return Chat(std::make_unique<Chat::State>(std::move(conversation)));
}

Responder Engine::responder() {
  return Responder(std::make_unique<Responder::State>(state_->parts));
}

}  // namespace ds4
