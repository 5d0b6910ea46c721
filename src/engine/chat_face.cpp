// The face's chat.h over conversations and the runs of their answers.
#include <utility>

#include "engine/answer_state.h"
#include "engine/chat_file.h"
#include "engine/chat_state.h"
#include "engine/sampler.h"
#include "engine/steering_file.h"

namespace ds4 {

using engine::AnswerRun;
using engine::Conversation;
using engine::Exchange;

namespace {

std::unique_ptr<AnswerRun> refuse(const Error& error) {
  return std::make_unique<AnswerRun>(error.message);
}

// Whether the context holds the prompt that answers the last message, with a token to spare.
Result<void> check_prompt(const Conversation& conversation) {
  const std::uint64_t context = conversation.parts.host->shared().context_tokens;
  const std::uint64_t tokens =
      conversation.transcript.prompt(conversation.options.keep_reasoning).size();
  if (tokens < context) return {};
  return fail(Code::too_large, "with this message the conversation has ", tokens,
              " tokens, but the context holds ", context,
              ", the answer included; take a larger --ctx, or begin a new conversation");
}

// The answer to the last message, whose prompt was checked.
std::unique_ptr<AnswerRun> answer_last(Conversation& c) {
  const Exchange& exchange = c.transcript.exchanges().back();
  engine::AnswerTask task{.parts = c.parts,
                          .session = c.session,
                          .stop = c.stop,
                          .prompt = c.transcript.prompt(c.options.keep_reasoning),
                          .reading = c.transcript.parse_options()};
  task.sampling = c.options.sampling;
  task.seed = exchange.seed;
  task.attempt = exchange.attempt;
  task.tokens_max = c.options.answer_tokens_max;
  task.constraint = c.constraint;
  task.steering_scale = c.steering_scale;
  task.on_progress = c.options.on_progress;
  task.on_end = [&c](std::vector<Token> sampled, const Turn& turn) {
    Exchange& answered = c.transcript.exchanges().back();
    answered.sampled = std::move(sampled);
    answered.answer = turn.answer;
    answered.reasoning = turn.reasoning;
  };
  return std::make_unique<AnswerRun>(std::move(task));
}

// Answers the message that was just added, or takes it out again.
std::unique_ptr<AnswerRun> answer_new(Conversation& conversation, const Result<void>& added) {
  if (!added.ok()) return refuse(added.error());
  auto& exchanges = conversation.transcript.exchanges();
  if (const auto fits = check_prompt(conversation); !fits.ok()) {
    exchanges.pop_back();
    return refuse(fits.error());
  }
  exchanges.back().seed = engine::seed_of(conversation.options.sampling);
  return answer_last(conversation);
}

}  // namespace

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
    return check_prompt(c);
  };
  std::unique_ptr<AnswerRun> run;
  if (const auto possible = begin(); !possible.ok()) {
    run = refuse(possible.error());
  } else {
    Exchange& exchange = c.transcript.exchanges().back();
    exchange.sampled.clear();
    exchange.answer.clear();
    exchange.reasoning.clear();
    ++exchange.attempt;
    run = answer_last(c);
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
