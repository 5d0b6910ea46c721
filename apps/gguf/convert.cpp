// `ds4-gguf convert`.
#include <fmt/format.h>

#include "base/human.h"
#include "base/progress.h"
#include "convert/converter.h"
#include "gguf/commands.h"
#include "shared/console.h"

namespace ds4::gguf_tool {

namespace {

constexpr std::size_t kNotesShown = 12;

Result<convert::ConvertOptions> read_options(const ConvertCommand& command) {
  convert::ConvertOptions options;
  TRY(options.recipe.base, convert::parse_recipe(command.recipe));
  for (const std::string& layers : command.layers) {
    TRY_DO(convert::add_layer_override(layers, options.recipe));
  }
  options.importance_path = command.importance;
  options.strict = command.strict;
  options.name = command.name;
  options.threads = command.threads;
  if (command.revision == "preview") {
    options.revision = model::TemplateRevision::preview;
  } else if (command.revision == "0731") {
    options.revision = model::TemplateRevision::r0731;
  } else if (!command.revision.empty()) {
    return fail(Code::bad_argument, "unknown --template-revision '", command.revision,
                "' (known: preview, 0731)");
  }
  if (command.strict && command.importance.empty()) {
    return fail(Code::bad_argument, "--strict needs --imatrix");
  }
  return options;
}

void print_plan(const convert::Conversion& plan) {
  const model::Shape& shape = plan.shape();
  print(fmt::format("{} layers, width {}, {} experts; drafter: {}; tokenizer: {}\n", shape.layers,
                    shape.width, shape.experts, plan.drafter().empty() ? "none" : plan.drafter(),
                    plan.has_tokenizer() ? "yes" : "none, the file takes token ids only"));
  for (const gguf::TensorPlan& tensor : plan.layout().tensors) {
    std::string dims;
    for (std::uint32_t d = 0; d < tensor.rank; ++d) {
      dims += fmt::format("{}{}", d > 0 ? ", " : "", tensor.dims[d]);
    }
    print(fmt::format("{:<36} {:<8} {:<20} {:>11}\n", tensor.name, quant::info(tensor.type).name,
                      "[" + dims + "]", human_bytes(tensor.bytes)));
  }
}

void print_notes(const convert::Conversion& plan) {
  const auto& notes = plan.notes();
  for (std::size_t i = 0; i < notes.size() && i < kNotesShown; ++i) {
    report("note: " + notes[i]);
  }
  if (notes.size() > kNotesShown) {
    report(fmt::format("note: and {} more tensors like these", notes.size() - kNotesShown));
  }
}

Result<void> convert_checkpoint(const ConvertCommand& command) {
  TRY(auto options, read_options(command));
  TRY(const convert::Conversion plan, convert::Conversion::plan(command.folder, options));
  if (command.dry_run) {
    print_plan(plan);
    print_notes(plan);
    print(fmt::format("{}: {} tensors, {} bytes ({}), nothing written\n", command.output,
                      plan.layout().tensors.size(), plan.layout().file_bytes,
                      human_bytes(plan.layout().file_bytes)));
    return {};
  }
  print_notes(plan);
  ProgressBar progress({.label = "converting",
                        .total = plan.total_weights(),
                        .unit = ProgressUnit::items,
                        .items = "weights"});
  TRY_DO(plan.run(command.output, [&](std::uint64_t weights) { progress.add(weights); }));
  progress.finish();
  print(fmt::format("{}: {} tensors, {}\n", command.output, plan.layout().tensors.size(),
                    human_bytes(plan.layout().file_bytes)));
  return {};
}

}  // namespace

int run(const ConvertCommand& command) {
  const auto done = convert_checkpoint(command);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::gguf_tool
