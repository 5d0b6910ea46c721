// The face's chat.h over conversations and the runs of their answers.
#include <random>
#include <utility>

#include "engine/answer_run.h"
#include "engine/chat_file.h"
#include "engine/chat_state.h"
#include "engine/steering_file.h"

namespace ds4 {

using engine::AnswerRun;
using engine::Conversation;
using engine::Exchange;

namespace {

std::uint64_t seed_of(const SamplingOptions& sampling) {
  if (sampling.seed) return *sampling.seed;
  std::random_device system;
  return std::uint64_t{system()} << 32 | system();
}

std::unique_ptr<AnswerRun> refuse(Conversation& conversation, const Error& error) {
  return std::make_unique<AnswerRun>(conversation, error.message);
}

// Answers the message that was just added, or takes it out again.
std::unique_ptr<AnswerRun> answer_new(Conversation& conversation, const Result<void>& added) {
  if (!added.ok()) return refuse(conversation, added.error());
  auto& exchanges = conversation.transcript.exchanges();
  if (const auto fits = engine::check_prompt(conversation); !fits.ok()) {
    exchanges.pop_back();
    return refuse(conversation, fits.error());
  }
  exchanges.back().seed = seed_of(conversation.options.sampling);
  return std::make_unique<AnswerRun>(conversation);
}

}  // namespace

struct Answer::State {
  std::unique_ptr<AnswerRun> run;
};

Answer::Answer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Answer::Answer(Answer&&) noexcept = default;
Answer::~Answer() = default;

std::optional<Event> Answer::next() {
  return state_->run->next();
}

Chat::Chat(std::unique_ptr<State> state) : state_(std::move(state)) {}
Chat::Chat(Chat&&) noexcept = default;
Chat& Chat::operator=(Chat&&) noexcept = default;
Chat::~Chat() = default;

Answer Chat::ask(std::string_view message) {
  Conversation& c = *state_->conversation;
  auto added = engine::check_options(c.options, c.parts);
  if (added.ok()) added = c.transcript.ask(message, c.options);
  return Answer(std::make_unique<Answer::State>(Answer::State{answer_new(c, added)}));
}

Answer Chat::complete(std::string_view text) {
  Conversation& c = *state_->conversation;
  auto added = engine::check_options(c.options, c.parts);
  if (added.ok()) added = c.transcript.complete(text);
  return Answer(std::make_unique<Answer::State>(Answer::State{answer_new(c, added)}));
}

Answer Chat::retry() {
  Conversation& c = *state_->conversation;
  const auto begin = [&]() -> Result<void> {
    TRY_DO(engine::check_options(c.options, c.parts));
    if (c.transcript.exchanges().empty()) {
      return fail(Code::bad_argument, "there is no message to answer once more");
    }
    return engine::check_prompt(c);
  };
  std::unique_ptr<AnswerRun> run;
  if (const auto possible = begin(); !possible.ok()) {
    run = refuse(c, possible.error());
  } else {
    Exchange& exchange = c.transcript.exchanges().back();
    exchange.sampled.clear();
    exchange.answer.clear();
    exchange.reasoning.clear();
    ++exchange.attempt;
    run = std::make_unique<AnswerRun>(c);
  }
  return Answer(std::make_unique<Answer::State>(Answer::State{std::move(run)}));
}

void Chat::stop() noexcept {
  state_->conversation->stop.store(true, std::memory_order_relaxed);
}

bool Chat::undo() {
  auto& exchanges = state_->conversation->transcript.exchanges();
  if (exchanges.empty()) return false;
  exchanges.pop_back();
  return true;
}

Result<Chat> Chat::fork() const {
  return Chat(std::make_unique<State>(state_->conversation->fork()));
}

Result<void> Chat::save(const std::string& path) const {
  return engine::save_conversation(path, *state_->conversation);
}

void Chat::set_options(const ChatOptions& options) {
  state_->conversation->options = options;
}

const ChatOptions& Chat::options() const {
  return state_->conversation->options;
}

Result<void> Chat::steer(float scale) {
  Conversation& c = *state_->conversation;
  if (!c.parts.host->facts().has_steering) {
    return fail(Code::bad_argument, "no direction is loaded to steer by; open the model with one");
  }
  TRY_DO(engine::check_steering_scale(scale));
  c.steering_scale = scale;
  return {};
}

float Chat::steering_scale() const {
  return state_->conversation->steering_scale;
}

void Chat::set_constraint(const Constraint* constraint) {
  state_->conversation->constraint = constraint;
}

std::vector<Chat::Message> Chat::messages() const {
  std::vector<Message> out;
  for (const Exchange& exchange : state_->conversation->transcript.exchanges()) {
    out.push_back({.is_user = true, .text = exchange.text, .reasoning = {}});
    out.push_back({.is_user = false, .text = exchange.answer, .reasoning = exchange.reasoning});
  }
  return out;
}

const std::vector<Token>& Chat::tokens() const {
  return state_->conversation->session.tokens();
}

std::uint64_t Chat::state_bytes() const {
  return state_->conversation->session.state_bytes();
}

}  // namespace ds4
