// One answer as it is computed: evaluates the prompt chunk by chunk, then samples token by token,
// and says what happens as the events of the face.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "ds4/chat.h"
#include "engine/conversation.h"
#include "engine/generator.h"
#include "engine/turn_events.h"

namespace ds4::engine {

// Whether the context holds the prompt that answers the last message, with a token to spare.
Result<void> check_prompt(const Conversation& conversation);

// Must not outlive the conversation, which nobody else changes meanwhile.
class AnswerRun {
 public:
  // Answers the last message of the transcript, whose prompt was checked.
  explicit AnswerRun(Conversation& conversation);
  // Fails before the first token.
  AnswerRun(Conversation& conversation, std::string failure);
  // What was said so far becomes a stopped answer.
  ~AnswerRun();
  AnswerRun(const AnswerRun&) = delete;
  AnswerRun& operator=(const AnswerRun&) = delete;

  std::optional<Event> next();

 private:
  enum class Phase { prompt, answer, over };

  // Each does the least amount of work that may give an event.
  void begin();
  class PromptPace;
  void evaluate_prompt();
  Progress prompt_progress(double tokens_done);
  void sample();
  void begin_answer();
  void finish(FinishReason reason);
  void fail_with(std::string why);
  void pass_on(std::vector<TurnEvent>& events);
  bool was_stopped() const { return conversation_.stop.load(std::memory_order_relaxed); }

  Conversation& conversation_;
  Phase phase_ = Phase::prompt;
  std::vector<Token> prompt_;
  std::deque<Event> events_;  // said, but not asked for yet
  std::vector<TurnEvent> turn_events_;
  std::optional<TurnEvents> turn_;
  std::optional<Generator> generator_;
  AnswerStats stats_;
  double started_ = 0;  // the phase at hand
};

}  // namespace ds4::engine
