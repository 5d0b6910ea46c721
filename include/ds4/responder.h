// Answers to whole requests, one after the other, as a server or a test of skills puts them: each
// prompt stands for itself, and nothing is remembered but the work of what prompts have in common.
//
//   Responder responder = engine->responder();
//   TRY(const Prompt prompt, engine->text().render(request));
//   for (const Event& event : responder.answer(prompt, {.sampling = {.temperature = 0}})) ...
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "ds4/chat.h"
#include "ds4/grammar.h"
#include "ds4/sampling.h"
#include "ds4/text.h"

namespace ds4 {

struct ResponderOptions {
  SamplingOptions sampling = {};
  std::uint64_t answer_tokens_max = 0;  // reasoning included; 0: to the end of the context
  // What the answer must be; where the model thinks, this begins behind its reasoning. Null for no
  // constraint. Must outlive the answer.
  const Constraint* constraint = nullptr;
  // Called from inside Answer::next() while the prompt is read, several times a second.
  std::function<void(const Progress&)> on_progress = {};
};

// One sequence of the engine: the state behind the last prompt and its answer, of which the next
// prompt reuses the longest beginning that it shares. Used by one thread at a time. Must not
// outlive its Engine.
class Responder {
 public:
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();

  // Answers a prompt that this engine's text() rendered and that need not live on. The answer fails
  // before its first event where nothing could come of it: a prompt longer than the context, one
  // that no answer follows, options out of range. The Answer must end or be abandoned before the
  // next call, stop() excepted.
  Answer answer(const Prompt& prompt, const ResponderOptions& options = {});
  // Ends the running answer at the next step. May be called from any thread or signal handler.
  void stop() noexcept;

 private:
  friend class Engine;
  struct State;
  explicit Responder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ds4
