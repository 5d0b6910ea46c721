// One conversation with a model: what was said, and the state the model has of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ds4/grammar.h"
#include "ds4/result.h"
#include "ds4/sampling.h"
#include "ds4/text.h"

namespace ds4 {

class Engine;

// Work done before the first token of an answer.
struct Progress {
  std::uint64_t tokens_done = 0, tokens_total = 0;  // of the prompt, without what was kept
  double seconds = 0;
};

struct ChatOptions {
  std::string system = {};
  std::string thinking = "high";  // off, low, high or max, or any word for an effort
  SamplingOptions sampling = {};
  std::uint64_t answer_tokens_max = 0;  // 0: to the end of the context
  // The model goes on seeing the reasoning of its earlier answers. False: only the answers, as it
  // was trained, at the price of evaluating each of them once more.
  bool keep_reasoning = true;
  // Called from inside Answer::next() while a prompt is read, several times a second.
  std::function<void(const Progress&)> on_progress = {};
};

// Figures of one answer.
struct AnswerStats {
  std::uint64_t prompt_tokens = 0;  // of the whole prompt
  std::uint64_t reused_tokens = 0;  // of them, already in the session's state
  std::uint64_t answer_tokens = 0;
  std::uint64_t reasoning_tokens = 0;  // of the answer's, those before it spoke
  double prompt_seconds = 0, answer_seconds = 0;
  std::uint64_t drafted_tokens = 0, accepted_tokens = 0;
  double draft_speedup = 0;       // of steps with drafts over steps without; 0: not known
  std::uint64_t model_steps = 0;  // evaluations it took to get the answer
  std::uint64_t context_used = 0, context_tokens = 0;
  std::uint64_t seed = 0;
};

enum class FinishReason { stop, length, tool_calls, context_full, stopped, failed };

// The last event of an answer.
struct Finished {
  FinishReason reason = FinishReason::stop;
  Turn turn;
  AnswerStats stats;
  std::string failure;  // why, where `reason` is failed
};

using Event = std::variant<Progress, ReasoningText, ReasoningEnded, AnswerText, ToolCallStarted,
                           ToolCallArguments, ToolCallEnded, ToolCallFailed, Finished>;

// The events of one answer, computed as they are asked for. Ends after Finished. Abandoning it
// midway keeps what was said so far, as a stopped answer. Must not outlive its Chat, which takes
// no other call meanwhile, stop() excepted.
class Answer {
 public:
  Answer(Answer&&) noexcept;
  ~Answer();

  // The next event; nothing after Finished.
  std::optional<Event> next();

  class Iterator {
   public:
    explicit Iterator(Answer* answer) : answer_(answer) { ++*this; }
    const Event& operator*() const { return *event_; }
    Iterator& operator++() {
      event_ = answer_->next();
      return *this;
    }
    bool operator!=(std::nullptr_t) const { return event_.has_value(); }

   private:
    Answer* answer_;
    std::optional<Event> event_;
  };
  Iterator begin() { return Iterator(this); }
  std::nullptr_t end() const { return nullptr; }

 private:
  friend class Chat;
  friend class Responder;
  struct State;
  explicit Answer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Used by one thread at a time. Must not outlive its Engine.
class Chat {
 public:
  Chat(Chat&&) noexcept;
  Chat& operator=(Chat&&) noexcept;
  ~Chat();

  // Adds a user's message and answers it. Fails before the first event where nothing could come of
  // it: an empty message, one longer than the context.
  Answer ask(std::string_view message);
  // Answers the last message once more, with the next draw of the seed.
  Answer retry();
  // Goes on from a text as it is, without any template.
  Answer complete(std::string_view text);
  // Ends the running answer at the next step. May be called from any thread or signal handler.
  void stop() noexcept;

  // Takes back the last message and its answer. False if there is none.
  bool undo();
  // A second conversation that begins with this one's history. What both share is kept once.
  Result<Chat> fork() const;
  // Writes the whole conversation, with the model's state, to a file. On failure an old file of
  // that name still stands.
  Result<void> save(const std::string& path) const;

  // From the next message on.
  void set_options(const ChatOptions& options);
  const ChatOptions& options() const;
  // Strength of the engine's direction for this conversation, from the next token on.
  Result<void> steer(float scale);
  float steering_scale() const;
  // What every following answer must be; null for no constraint.
  void set_constraint(const Constraint* constraint);

  struct Message {
    bool is_user = false;
    std::string text;
    std::string reasoning;
  };
  std::vector<Message> messages() const;
  // All tokens in the state.
  const std::vector<Token>& tokens() const;
  std::uint64_t state_bytes() const;

 private:
  friend class Engine;
  struct State;
  explicit Chat(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ds4
