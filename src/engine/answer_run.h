// One answer as it is computed: evaluates the prompt chunk by chunk, then samples token by token,
// and says what happens as the events of the face.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ds4/chat.h"
#include "engine/generator.h"
#include "engine/parts.h"
#include "engine/turn_events.h"

namespace ds4::engine {

// What an answer is made from, and where it goes.
struct AnswerTask {
  Parts& parts;
  Session& session;
  std::atomic<bool>& stop;    // set, it ends the answer at the next step
  std::vector<Token> prompt;  // not empty; the context holds it with a token to spare
  text::ParseOptions reading = {};
  SamplingOptions sampling = {};  // checked
  std::uint64_t seed = 0;
  std::uint32_t attempt = 0;               // which of the seed's draws
  std::uint64_t tokens_max = 0;            // 0: to the end of the context
  const Constraint* constraint = nullptr;  // begins behind the reasoning
  float steering_scale = 1;
  std::function<void(const Progress&)> on_progress = {};
  // Takes the answer's tokens, without one that ended it, and what they say. Called once.
  std::function<void(std::vector<Token> sampled, const Turn& turn)> on_end = {};
};

// Used by the engine thread. What the task names must outlive it, and nobody else uses the session
// meanwhile.
class AnswerRun {
 public:
  explicit AnswerRun(AnswerTask task);
  // Fails before the first token.
  explicit AnswerRun(std::string failure);
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
  void pass_on(std::vector<TurnEvent>& events);
  bool was_stopped() const { return task_->stop.load(std::memory_order_relaxed); }

  std::optional<AnswerTask> task_;  // none: it failed
  Phase phase_ = Phase::prompt;
  std::vector<Token> sampled_;
  std::deque<Event> events_;  // said, but not asked for yet
  std::vector<TurnEvent> turn_events_;
  std::optional<TurnEvents> turn_;
  std::optional<Generator> generator_;
  AnswerStats stats_;
  double started_ = 0;  // the phase at hand
};

}  // namespace ds4::engine
