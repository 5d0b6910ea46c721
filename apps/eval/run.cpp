#include "eval/run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/checksum.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "ds4/responder.h"
#include "engine/fingerprint.h"
#include "engine/sampler.h"
#include "eval/asking.h"
#include "eval/display.h"
#include "eval/suite_files.h"
#include "shared/choose_model.h"
#include "shared/console.h"
#include "shared/opening.h"
#include "terminal/terminal_mode.h"

namespace ds4::eval {

namespace {

constexpr int kInterrupted = 128 + SIGINT;
// Of an answer where neither the suite nor the user says.
constexpr std::uint64_t kAnswerTokens = 8192;
// A failure is shown in lines of so many bytes.
constexpr std::size_t kShownBytes = 400;

Result<std::string> fingerprint_text(const std::string& path) {
  TRY(const gguf::File file, gguf::File::open(path));
  const engine::Fingerprint of = engine::fingerprint_of(file);
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", of.shape, of.tokenizer, of.directory,
                     of.weights);
}

// The draws of a question are its own, whatever was asked before.
std::uint64_t seed_of(std::uint64_t seed, const Asked& asked) {
  const std::string name = asked.suite->name + "/" + asked.question->id;
  return checksum(std::as_bytes(std::span(name)), seed);
}

class Run {
 public:
  Run(const EvalOptions& options, std::vector<Suite> suites, std::vector<Asked> asked)
      : options_(options), suites_(std::move(suites)), asked_(std::move(asked)) {}

  Result<int> carry_out();

 private:
  Result<void> open();
  // Counts the questions to be asked. Everything that could go wrong with one, does so here.
  Result<void> prepare_questions();
  Result<Prompt> prompt_of(const Asked& asked) const;
  std::uint64_t tokens_max(const Question& question) const;
  RunHead head_of(const std::string& fingerprint) const;
  // Nothing where it was stopped.
  Result<std::optional<Answered>> ask(const Asked& asked, const terminal::OnInterrupt& interrupt);
  void show_failures() const;

  const EvalOptions& options_;
  const std::vector<Suite> suites_;
  const std::vector<Asked> asked_;
  std::string model_;
  std::unique_ptr<Engine> engine_;
  std::optional<Responder> responder_;
  std::optional<Constraints> constraints_;
  RunHead head_;
  std::optional<ResultsFile> results_;
  std::unique_ptr<Display> display_;
  Tallies tallies_;
  std::vector<std::pair<Asked, Answered>> failures_;
};

Result<void> Run::open() {
  TRY(const ChosenModel chosen, choose_model(options_.model));
  mention_demo(chosen);
  model_ = chosen.path;
  const Opening opening(model_);
  TRY(engine_, Engine::open(model_, options_.engine));
  responder_.emplace(engine_->responder());
  constraints_.emplace(engine_->text());
  return {};
}

Result<Prompt> Run::prompt_of(const Asked& asked) const {
  TRY(const std::string request, with_effort(asked.question->request, options_.effort));
  return engine_->text().render(request);
}

std::uint64_t Run::tokens_max(const Question& question) const {
  if (options_.tokens_max != 0) return options_.tokens_max;
  return question.tokens_max != 0 ? question.tokens_max : kAnswerTokens;
}

Result<void> Run::prepare_questions() {
  TRY_DO(engine::check_sampling(options_.sampling, engine_->text().token_count()));
  const std::uint64_t context = engine_->facts().context_tokens;
  for (const Asked& asked : asked_) {
    const Question& question = *asked.question;
    const auto check = [&]() -> Result<void> {
      TRY(const Prompt prompt, prompt_of(asked));
      tallies_.expect(question.skill, {.chance = question.chance,
                                       .has_form = has_form(question.checker),
                                       .thinks = prompt.is_thinking()});
      if (prompt.tokens().size() >= context) {
        return fail(Code::too_large, "the prompt has ", prompt.tokens().size(),
                    " tokens, but the context holds ", context,
                    ", the answer included; take a larger --ctx, or leave the skill out");
      }
      if (!options_.uses_grammar) return {};
      TRY_DO(constraints_->of(question));
      return {};
    };
    if (const auto checked = check(); !checked.ok()) {
      return fail(checked.error().code, place_of(asked), ": ", checked.error().message);
    }
  }
  return {};
}

RunHead Run::head_of(const std::string& fingerprint) const {
  RunHead head;
  head.model = engine_->facts().name;
  head.fingerprint = fingerprint;
  for (const Suite& suite : suites_) head.suites.emplace_back(suite.name, suite.checksum);
  // What changes answers. Threads, kernels and drafts do not.
  head.settings.set("temperature", static_cast<double>(options_.sampling.temperature));
  head.settings.set("seed", options_.sampling.seed.value_or(0));
  head.settings.set("grammar", options_.uses_grammar);
  head.settings.set("effort", options_.effort.empty() ? Json() : Json(options_.effort));
  head.settings.set("answer_tokens", options_.tokens_max);
  head.settings.set("context_tokens", engine_->facts().context_tokens);
  return head;
}

Result<std::optional<Answered>> Run::ask(const Asked& asked,
                                         const terminal::OnInterrupt& interrupt) {
  const Question& question = *asked.question;
  TRY(const Prompt prompt, prompt_of(asked));
  ResponderOptions how{.sampling = options_.sampling, .answer_tokens_max = tokens_max(question)};
  how.sampling.seed = seed_of(options_.sampling.seed.value_or(0), asked);
  if (options_.uses_grammar) {
    TRY(how.constraint, constraints_->of(question));
  }
  Place place{.skill = question.skill};
  display_->go_on(tallies_, place);
  how.on_progress = [&](const Progress& progress) {
    place.prompt_tokens_done = progress.tokens_done;
    place.prompt_tokens = progress.tokens_total;
    display_->go_on(tallies_, place);
  };
  Finished finished;
  for (const Event& event : responder_->answer(prompt, how)) {
    // One that came before the answer began did not reach it.
    if (interrupt.happened()) responder_->stop();
    if (const auto* end = std::get_if<Finished>(&event)) finished = *end;
    if (const auto* progress = std::get_if<Progress>(&event)) {
      how.on_progress(*progress);
      continue;
    }
    place.prompt_tokens = 0;
    ++place.tokens;
    display_->go_on(tallies_, place);
  }
  if (finished.reason == FinishReason::failed) {
    return fail(Code::bad_argument, place_of(asked), ": ", finished.failure);
  }
  if (finished.reason == FinishReason::stopped) return std::optional<Answered>();

  const Verdict verdict = judge(question.checker, finished.turn, question.tools);
  const AnswerStats& stats = finished.stats;
  Answered out;
  out.suite = asked.suite->name;
  out.id = question.id;
  out.skill = question.skill;
  out.outcome = {.is_right = verdict.is_right,
                 .is_well_formed = verdict.is_well_formed,
                 .is_cut_off = finished.turn.finish == TurnFinish::length,
                 .prompt_tokens = stats.prompt_tokens - stats.reused_tokens,
                 .answer_tokens = stats.answer_tokens,
                 .reasoning_tokens = stats.reasoning_tokens,
                 .prompt_seconds = stats.prompt_seconds,
                 .answer_seconds = stats.answer_seconds};
  out.why = verdict.why;
  out.expected = expected_text(question.checker);
  out.got = answered_text(finished.turn);
  out.reasoning = finished.turn.reasoning;
  return std::optional<Answered>(std::move(out));
}

void Run::show_failures() const {
  const std::size_t count = std::min<std::size_t>(options_.failures_shown, failures_.size());
  const auto line = [](const char* name, const std::string& text) {
    print(fmt::format("  {:<9} {}\n", name, printable(to_valid_utf8(text), kShownBytes)));
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [asked, answered] = failures_[i];
    print(fmt::format("\n{} ({}): {}\n", place_of(asked), answered.skill, answered.why));
    line("asked", asked.question->asked);
    line("expected", answered.expected);
    line("got", answered.got);
  }
  if (count < failures_.size() && count > 0) {
    print(fmt::format("\n{} more wrong answers\n", failures_.size() - count));
  }
}

Result<int> Run::carry_out() {
  TRY_DO(open());
  TRY_DO(prepare_questions());
  TRY(const std::string fingerprint, fingerprint_text(model_));
  head_ = head_of(fingerprint);
  if (!options_.results.empty()) {
    TRY(ResultsFile results, ResultsFile::open(options_.results, head_));
    results_.emplace(std::move(results));
  }
  const bool is_live = !options_.plain && terminal_style(STDOUT_FILENO).redraw;
  display_ = make_display(options_.json ? Output::json : is_live ? Output::live : Output::plain);
  const auto take = [&](const Asked& asked, const Answered& answered) {
    tallies_.add(answered.skill, answered.outcome);
    if (!answered.outcome.is_right) failures_.emplace_back(asked, answered);
    display_->answered(tallies_, answered);
  };

  const terminal::OnInterrupt interrupt(
      [](void* responder) { static_cast<Responder*>(responder)->stop(); }, &*responder_);
  display_->begin(tallies_, printable(engine_->facts().name) + "\n" + engine_->facts().device);
  std::vector<Asked> open;
  for (const Asked& asked : asked_) {
    const std::pair key(asked.suite->name, asked.question->id);
    const auto known =
        results_ ? results_->earlier().find(key) : decltype(results_->earlier().end()){};
    if (results_ && known != results_->earlier().end()) {
      take(asked, known->second);
    } else {
      open.push_back(asked);
    }
  }
  Result<void> done;
  for (const Asked& asked : open) {
    if (interrupt.happened()) break;
    auto answered = ask(asked, interrupt);
    if (!answered.ok()) {
      done = answered.error();
      break;
    }
    if (!*answered) break;
    if (results_) {
      done = results_->append(**answered);
      if (!done.ok()) break;
    }
    take(asked, **answered);
  }
  display_->finish(tallies_, head_, interrupt.happened());
  if (!options_.json) show_failures();
  if (!done.ok()) return report(done.error().message);
  return interrupt.happened() ? kInterrupted : 0;
}

Result<int> prepare_and_run(const EvalOptions& options) {
  TRY(std::vector<Suite> suites, read_suites(options.suites, options.set));
  const std::vector<Asked> chosen = choose_questions(suites, options.skill, options.limit);
  if (chosen.empty()) {
    return fail(Code::not_found, "no skill contains \"", printable(options.skill, 60), "\"");
  }
  return Run(options, std::move(suites), chosen).carry_out();
}

}  // namespace

int evaluate(const EvalOptions& options) {
  const auto code = prepare_and_run(options);
  return code.ok() ? *code : report(code.error().message);
}

}  // namespace ds4::eval
