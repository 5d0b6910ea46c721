// The face's responder.h over a session and the runs of its answers.
#include "engine/responder_state.h"

#include <utility>

#include "engine/answer_state.h"
#include "engine/sampler.h"
#include "engine/text_state.h"

namespace ds4 {

namespace {

Result<void> check(const std::vector<Token>& prompt, bool is_answerable,
                   const ResponderOptions& options, const engine::Parts& parts) {
  const std::size_t token_count = parts.tokenizer->vocabulary().size();
  TRY_DO(engine::check_sampling(options.sampling, token_count));
  if (prompt.empty() || !is_answerable) {
    return fail(Code::bad_argument, "the prompt does not end where the model would answer");
  }
  const std::uint64_t context = parts.host->shared().context_tokens;
  if (prompt.size() < context) return {};
  return fail(Code::too_large, "the prompt has ", prompt.size(), " tokens, but the context holds ",
              context, ", the answer included; take a larger --ctx");
}

}  // namespace

Responder::Responder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Responder::Responder(Responder&&) noexcept = default;
Responder& Responder::operator=(Responder&&) noexcept = default;
Responder::~Responder() = default;

Answer Responder::answer(const Prompt& prompt, const ResponderOptions& options) {
  const Prompt::State& asked = *prompt.state_;
  const auto run = [&]() -> std::unique_ptr<engine::AnswerRun> {
    const auto possible = check(asked.tokens, asked.is_answerable, options, state_->parts);
    if (!possible.ok()) return std::make_unique<engine::AnswerRun>(possible.error().message);
    engine::AnswerTask task{.parts = state_->parts,
                            .session = state_->session,
                            .stop = state_->stop,
                            .prompt = asked.tokens,
                            .reading = asked.options};
    task.sampling = options.sampling;
    task.seed = engine::seed_of(options.sampling);
    task.tokens_max = options.answer_tokens_max;
    task.constraint = options.constraint;
    task.steering_scale = state_->parts.host->steering_scale();
    task.on_progress = options.on_progress;
    return std::make_unique<engine::AnswerRun>(std::move(task));
  };
  return Answer(std::make_unique<Answer::State>(Answer::State{run()}));
}

void Responder::stop() noexcept {
  state_->stop.store(true, std::memory_order_relaxed);
}

}  // namespace ds4
