#include "engine/answer_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/transcript.h"

namespace ds4::engine {

namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

AnswerRun::AnswerRun(AnswerTask task) : task_(std::move(task)) {
  task_->stop = false;
  begin();
}

AnswerRun::AnswerRun(std::string failure) : phase_(Phase::over) {
  Finished finished;
  finished.reason = FinishReason::failed;
  finished.failure = std::move(failure);
  events_.emplace_back(std::move(finished));
}

AnswerRun::~AnswerRun() {
  if (phase_ != Phase::over) finish(FinishReason::stopped);
}

void AnswerRun::begin() {
  Session& session = task_->session;
  session.set_steering_scale(task_->steering_scale);
  turn_.emplace(*task_->parts.tokenizer, task_->reading);
  stats_.prompt_tokens = task_->prompt.size();
  stats_.context_tokens = task_->parts.host->shared().context_tokens;
  stats_.seed = task_->seed;
  started_ = now_seconds();
  stats_.reused_tokens = session.start_rewrite(task_->prompt);
}

std::optional<Event> AnswerRun::next() {
  while (events_.empty() && phase_ != Phase::over) {
    if (phase_ == Phase::prompt) {
      evaluate_prompt();
    } else {
      sample();
    }
  }
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

Progress AnswerRun::prompt_progress(double tokens_done) {
  stats_.prompt_seconds = now_seconds() - started_;
  return {static_cast<std::uint64_t>(tokens_done), stats_.prompt_tokens - stats_.reused_tokens,
          stats_.prompt_seconds};
}

// Between the layers of a chunk: a layer of a large model takes long enough to tell of it, and to
// be asked to stop.
class AnswerRun::PromptPace final : public model::Pace {
 public:
  explicit PromptPace(AnswerRun& run)
      : run_(run), left_(static_cast<double>(run.task_->session.left_to_rewrite())) {}

  bool go_on(std::uint32_t layers_done, std::uint32_t layers) override {
    if (run_.was_stopped()) return false;
    const auto& see = run_.task_->on_progress;
    const double now = now_seconds();
    if (!see || layers_done == layers || now < next_) return true;
    next_ = now + kBetween;
    const Session& session = run_.task_->session;
    const double rows = std::min(left_, static_cast<double>(session.chunk_tokens()));
    const auto total = static_cast<double>(run_.stats_.prompt_tokens - run_.stats_.reused_tokens);
    see(run_.prompt_progress(total - left_ + rows * layers_done / layers));
    return true;
  }

 private:
  static constexpr double kBetween = 0.1;  // seconds from one report to the next
  AnswerRun& run_;
  const double left_;
  double next_ = now_seconds() + kBetween;
};

void AnswerRun::evaluate_prompt() {
  if (was_stopped()) return finish(FinishReason::stopped);
  Session& session = task_->session;
  if (session.left_to_rewrite() == 0) return begin_answer();
  PromptPace pace(*this);
  session.rewrite_more(&pace);
  if (was_stopped()) return finish(FinishReason::stopped);
  const std::uint64_t total = stats_.prompt_tokens - stats_.reused_tokens;
  events_.emplace_back(prompt_progress(static_cast<double>(total - session.left_to_rewrite())));
}

void AnswerRun::begin_answer() {
  Host& host = *task_->parts.host;
  GeneratorOptions options;
  options.sampling = task_->sampling;
  options.sampling.logprobs = 0;  // no event tells them
  options.seed = task_->seed;
  options.choice = task_->attempt;
  options.tokens_max = task_->tokens_max;
  options.constraint = task_->constraint;
  if (task_->reading.thinking) {
    options.constraint_after = task_->parts.tokenizer->vocabulary().special().end_thinking;
  }
  options.draft_tokens = static_cast<std::uint32_t>(host.facts().draft_tokens);
  options.policy = &host.draft_policy();
  generator_.emplace(task_->session, task_->parts.allowed, options);
  phase_ = Phase::answer;
  started_ = now_seconds();
}

void AnswerRun::sample() {
  const std::uint64_t most = task_->tokens_max;
  if (was_stopped()) return finish(FinishReason::stopped);
  if (most != 0 && sampled_.size() == most) return finish(FinishReason::length);
  const std::optional<Token> token = generator_->next();
  if (!token) return finish(FinishReason::context_full);
  if (!task_->parts.allowed.is_end(*token)) sampled_.push_back(*token);
  turn_events_.clear();
  turn_->push(*token, turn_events_);
  pass_on(turn_events_);
  if (turn_->is_over()) finish(FinishReason::stop);
}

void AnswerRun::pass_on(std::vector<TurnEvent>& events) {
  for (TurnEvent& event : events) {
    std::visit([this](auto& e) { events_.emplace_back(std::move(e)); }, event);
  }
}

void AnswerRun::finish(FinishReason reason) {
  phase_ = Phase::over;
  Session& session = task_->session;
  if (generator_) {
    stats_.answer_seconds = now_seconds() - started_;
    generator_->finish();
    stats_.model_steps = generator_->counts().steps;
    stats_.drafted_tokens = generator_->counts().drafted;
    stats_.accepted_tokens = generator_->counts().accepted;
    if (const GeneratorCounts& counts = generator_->counts(); counts.drafted_seconds > 0) {
      const double plain = task_->parts.host->draft_policy().plain_seconds();
      stats_.draft_speedup =
          plain * static_cast<double>(counts.drafted_tokens) / counts.drafted_seconds;
    }
    // What the next prompt will hold behind the tokens that are evaluated.
    std::vector<Token> whole = std::move(task_->prompt);
    whole.insert(whole.end(), sampled_.begin(), sampled_.end());
    append_closing(whole, task_->parts.tokenizer->vocabulary().special(), task_->reading.thinking,
                   sampled_);
    session.settle(whole[session.tokens().size()]);
  }
  Finished finished;
  turn_events_.clear();
  finished.turn = turn_->finish(turn_events_);
  pass_on(turn_events_);
  if (reason == FinishReason::stop && finished.turn.finish == TurnFinish::tool_calls) {
    reason = FinishReason::tool_calls;
  }
  finished.reason = reason;
  stats_.answer_tokens = sampled_.size();
  if (task_->reading.thinking) {
    const Token mark = task_->parts.tokenizer->vocabulary().special().end_thinking;
    stats_.reasoning_tokens = static_cast<std::uint64_t>(
        std::find(sampled_.begin(), sampled_.end(), mark) - sampled_.begin());
  }
  stats_.context_used = session.tokens().size();
  finished.stats = stats_;
  if (task_->on_end) task_->on_end(std::move(sampled_), finished.turn);
  events_.emplace_back(std::move(finished));
}

}  // namespace ds4::engine
