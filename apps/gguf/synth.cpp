// `ds4-gguf synth`.
#include "convert/synth.h"

#include "base/human.h"
#include "base/progress.h"
#include "gguf/commands.h"
#include "shared/console.h"

namespace ds4::gguf_tool {

namespace {

Result<void> synthesise(const SynthCommand& command) {
  convert::SynthOptions options;
  TRY(options.recipe.base, convert::parse_recipe(command.recipe));
  options.seed = command.seed;
  options.with_drafter = command.with_drafter;
  options.threads = command.threads;
  TRY(const model::Shape shape, convert::synthetic_shape(command.shape, command.layers));
  TRY(convert::Synthesis plan, convert::Synthesis::plan(shape, options));
  ProgressBar progress({.label = "writing", .total = plan.layout().file_bytes});
  TRY_DO(plan.run(command.output, [&](std::uint64_t bytes) { progress.add(bytes); }));
  progress.finish();
  print(command.output + ": " + human_bytes(plan.layout().file_bytes) + ", " +
        human_count(plan.layout().tensors.size()) + " tensors\n");
  return {};
}

}  // namespace

int run(const SynthCommand& command) {
  const auto done = synthesise(command);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::gguf_tool
