// ds4-eval: what a model can do, asked of it question by question.

#include "eval/run.h"
#include "shared/command_line.h"

namespace {

constexpr char kAbout[] =
    "Asks a model questions and says, for each skill, how many it answers right. Suites are JSON\n"
    "lines, which docs/formats/eval-suite.md describes; two sets are shipped: demo (what the demo\n"
    "model was trained for) and hard (for large models).\n"
    "\n"
    "Examples:\n"
    "  ds4-eval -m flash.gguf --suite hard                   a row for each skill\n"
    "  ds4-eval -m flash.gguf --suite hard --resume run.jsonl   Ctrl+C, and go on later\n"
    "  ds4-eval -m flash.gguf mine.jsonl --show-failures 5   your own questions\n"
    "  ds4-eval -m demo.gguf --skill json --grammar          JSON held to its schema\n"
    "  ds4-eval -m demo.gguf --limit 10 --json > run.jsonl   for a program\n";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "ds4-eval");
  app.set_version_flag("--version", "ds4-eval " DS4_VERSION);

  ds4::eval::EvalOptions options;
  const auto positive = CLI::Range(1, 1 << 24);
  auto* suites = app.add_option("SUITE", options.suites, "Files of questions, or folders of them");
  app.add_option("--suite", options.set, "A shipped set, demo or hard, or a path [demo]")
      ->excludes(suites);
  app.add_option("-m,--model", options.model, "A model file, or any part of a split one");
  app.add_option("--skill", options.skill, "Only skills whose name contains this");
  app.add_option("--limit", options.limit, "Questions of each skill at most [all]")
      ->check(positive);
  app.add_option("--resume", options.results,
                 "Write results to this file, and go on where it ends");
  app.add_option("--show-failures", options.failures_shown,
                 "Show so many wrong answers beside what was expected");
  app.add_flag("--plain", options.plain, "Rows as skills are complete; nothing is redrawn");
  app.add_flag("--json", options.json, "A JSON object for each answer, and one for the whole");

  std::string group = "Answers";
  app.add_flag("--grammar", options.uses_grammar,
               "Hold JSON answers to their schema, and calls to their form")
      ->group(group);
  app.add_option("--effort", options.effort,
                 "Of thinking, for all: off, low, high, max or another word [as asked]")
      ->group(group);
  app.add_option("-n", options.tokens_max,
                 "Tokens of an answer at most [as the suite says, or 8192]")
      ->check(positive)
      ->group(group);
  app.add_option("--temp", options.sampling.temperature, "Temperature; 0 takes the best token [0]")
      ->group(group);
  app.add_option("--seed", options.sampling.seed, "Of the draws of a temperature [0]")
      ->group(group);

  group = "Engine";
  ds4::EngineOptions& engine = options.engine;
  app.add_option("--ctx", engine.context_tokens, "Tokens of the context [32768]")
      ->check(positive)
      ->group(group);
  app.add_option("--threads", engine.threads, "Threads [one for each full-size core]")
      ->check(CLI::Range(1, 1024))
      ->group(group);
  app.add_option("--cpus", engine.cpus, "Processors to keep them on, like 0-7,16-23 [any]")
      ->group(group);
  app.add_option("--isa", engine.isa, "Instruction set of the kernels [the best there is]")
      ->group(group);
  app.add_option("--mtp", engine.drafter, "A drafter's file [the one in the model, if any]")
      ->group(group);
  app.add_option("--mtp-draft", engine.draft_tokens, "Tokens drafted at a time; 0 is none")
      ->group(group);

  return ds4::run_command_line(app, argc, argv, 0, [&] { return ds4::eval::evaluate(options); });
}
