#include "cli/steer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/number_list.h"
#include "base/progress.h"
#include "engine/steering_build.h"
#include "engine/steering_file.h"
#include "shared/choose_model.h"
#include "shared/console.h"
#include "shared/input.h"

namespace ds4::cli {

namespace {

Result<std::vector<text::Prompt>> read_prompts(const std::string& path) {
  TRY(const std::string text, read_input(path));
  std::vector<text::Prompt> out;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (!line.empty()) {
      auto prompt = engine::steering_prompt(line);
      if (!prompt.ok()) {
        return fail(prompt.error().code, path, ": line ", number, ": ", prompt.error().message);
      }
      out.push_back(*std::move(prompt));
    }
    at = end + 1;
  }
  if (out.empty()) return fail(Code::bad_argument, path, ": no prompt in it; write one a line");
  return out;
}

Result<void> carry_out(const SteerBuildCommand& command) {
  engine::SteeringPrompts prompts;
  TRY(prompts.toward, read_prompts(command.toward));
  TRY(prompts.away, read_prompts(command.away));
  if (!command.layers.empty()) {
    TRY(prompts.layers, parse_number_list(command.layers, "layer"));
  }
  TRY(const ChosenModel model, choose_model(command.model));
  mention_demo(model);
  TRY(const auto host,
      engine::Host::open(model.path, {.threads = command.threads, .draft_tokens = 0}));
  ProgressBar progress({.label = "reading",
                        .total = prompts.toward.size() + prompts.away.size(),
                        .unit = ProgressUnit::items,
                        .items = "prompts"});
  TRY(const model::Steering steering,
      engine::build_steering(*host, prompts, [&progress] { progress.add(1); }));
  progress.finish();
  return engine::write_steering(command.output, host->model().shape(), steering);
}

}  // namespace

int steer_build(const SteerBuildCommand& command) {
  const auto done = carry_out(command);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::cli
