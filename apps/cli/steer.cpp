#include "cli/steer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/steering_build.h"
#include "engine/steering_file.h"
#include "shared/console.h"
#include "shared/input.h"

namespace ds4::cli {

namespace {

Result<std::vector<std::string>> read_lines(const std::string& path) {
  TRY(const std::string text, read_input(path));
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) out.push_back(std::move(line));
    at = end + 1;
  }
  if (out.empty()) return fail(Code::bad_argument, path, ": no prompt in it; write one a line");
  return out;
}

Result<void> carry_out(const SteerBuildCommand& command) {
  engine::SteeringPrompts prompts;
  TRY(prompts.toward, read_lines(command.toward));
  TRY(prompts.away, read_lines(command.away));
  TRY(const auto host,
      engine::Host::open(command.model, {.threads = command.threads, .draft_tokens = 0}));
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
