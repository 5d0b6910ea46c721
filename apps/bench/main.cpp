// ds4-bench: how fast a model runs here, beside what the machine could do at most.

#include "bench/measure.h"
#include "bench/plot.h"
#include "shared/command_line.h"

namespace {

constexpr char kAbout[] =
    "Measures the machine, then a model on it: every speed beside the share of the limit that\n"
    "bytes and operations set. Refuses while others keep the machine busy.\n"
    "\n"
    "Examples:\n"
    "  ds4-bench -m flash.gguf                                a short context\n"
    "  ds4-bench -m flash.gguf --ctx-max 32768                up to 32,768 tokens, doubling\n"
    "  ds4-bench -m flash.gguf --ctx-max 8192 --step-incr 2048 --csv mine.csv\n"
    "  ds4-bench -m flash.gguf --stages                       where the time of a token goes\n"
    "  ds4-bench --machine                                    the machine alone\n"
    "  ds4-bench plot mine.csv theirs.csv -o speed.svg        a picture of several\n";

constexpr char kAboutPlot[] =
    "Draws speed against context from files of --csv, one line for each machine.\n"
    "\n"
    "Example:\n"
    "  ds4-bench plot mine.csv theirs.csv -o speed.svg\n";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "ds4-bench");
  app.set_version_flag("--version", "ds4-bench " DS4_VERSION);

  ds4::bench::MeasureOptions options;
  auto* model = app.add_option("-m,--model", options.runner.model, "A model file");
  auto* machine = app.add_flag("--machine", options.machine_only, "Measure the machine alone");
  model->excludes(machine);
  app.add_option("--threads", options.threads, "Threads [one for each full-size core]")
      ->check(CLI::Range(1, 1024));
  app.add_option("--cpus", options.cpus, "Processors to keep them on, like 0-7,16-23 [any]");
  app.add_option("--isa", options.isa,
                 "Kernels: portable, avx2, avx512, amx, neon or neon-i8mm [the best]");
  app.add_option("--ctx-start", options.context_start, "First context, in tokens [0]");
  app.add_option("--ctx-max", options.context_max, "Last context [that of --ctx-start]");
  auto* step = app.add_option("--step-incr", options.step, "Tokens from one context to the next");
  app.add_option("--step-mul", options.factor, "Factor from one context to the next [2]")
      ->check(CLI::Range(1.01, 1000.0))
      ->excludes(step);
  app.add_option("-n,--decode", options.decode_tokens, "Tokens to decode [16]");
  app.add_option("--prefill", options.prefill, "Lengths of prompts, at context 0 [128,512,2048]")
      ->delimiter(',');
  app.add_option("--append", options.append, "Tokens appended at other contexts [256]");
  app.add_option("--sessions", options.sessions, "Sessions decoding together [2,4,8]")
      ->delimiter(',')
      ->check(CLI::Range(1, 512));
  app.add_option("--verify", options.verify, "Rows of a batch that verifies drafts [2,4,8]")
      ->delimiter(',')
      ->check(CLI::Range(1, 16));
  app.add_option("--runs", options.runner.runs, "Runs of each, whose median counts [5]")
      ->check(CLI::Range(1, 1000));
  app.add_option("--force-tokens", options.forced_tokens,
                 "File of token ids to feed, for the same work in other engines");
  app.add_flag("--stages", options.runner.stages, "Time by part of the pass (slows it a little)");
  app.add_flag("--busy-ok", options.may_be_busy, "Measure even while others use the machine");
  app.add_flag("--json", options.json, "A JSON object for each figure");
  app.add_option("--csv", options.csv, "Also write the figures to this file");

  std::vector<std::string> csv_files;
  std::string out;
  CLI::App* plot = ds4::add_command(app, "plot", kAboutPlot);
  plot->add_option("CSV", csv_files, "Files of --csv")->required();
  plot->add_option("-o,--output", out, "The picture, an SVG file")->required();

  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  if (plot->parsed()) {
    const auto done = ds4::bench::plot(csv_files, out);
    return done.ok() ? 0 : ds4::report(done.error().message);
  }
  if (options.runner.model.empty() && !options.machine_only) return ds4::report(app.help());
  return ds4::bench::measure(options);
}
