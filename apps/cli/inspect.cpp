#include "cli/inspect.h"

#include <algorithm>
#include <optional>

#include "base/human.h"
#include "base/utf8.h"
#include "cli/inspection.h"
#include "shared/console.h"

namespace ds4::cli {

namespace {

constexpr std::uint64_t kContextDefault = 32768;

int inspect_vocabulary(const gguf::File& file, const InspectOptions& options) {
  const auto vocabulary = model::open_vocabulary(options.path);
  if (!vocabulary.ok()) return report(vocabulary.error().message);
  if (options.json) {
    Json out = Json::object();
    out.set("path", options.path);
    out.set("known_as", "vocabulary");
    out.set("tokenizer", vocabulary_json(*vocabulary, file.metadata()));
    print(to_text(out, JsonStyle::pretty) + "\n");
  } else {
    print(printable(options.path, 300) + "\nvocabulary only, no model: " +
          describe_vocabulary(*vocabulary, file.metadata()) + "\n");
  }
  return 0;
}

}  // namespace

int inspect(const InspectOptions& options) {
  const auto model = model::ModelFile::open(options.path);
  if (!model.ok()) {
    // What stands in the file may explain why it is no model.
    if (const auto file = gguf::File::open(options.path); file.ok()) {
      if (model::is_vocabulary_only(file->metadata())) return inspect_vocabulary(*file, options);
      if (options.tensors && !options.json) print(list_tensors(*file));
    }
    return report(model.error().message);
  }

  const std::uint64_t limit = model->shape().context_tokens;
  if (options.context_tokens > limit) {
    return report(options.path + ": --ctx " + human_count(options.context_tokens) +
                  " is more than the " + human_count(limit) + " tokens this model was made for");
  }
  const std::uint64_t context_tokens =
      options.context_tokens > 0 ? options.context_tokens : std::min(limit, kContextDefault);
  std::optional<model::DrafterFile> drafter;
  if (!options.drafter_path.empty()) {
    auto opened = model::open_drafter(options.drafter_path, *model);
    if (!opened.ok()) return report(opened.error().message);
    drafter = std::move(*opened);
  }
  const Inspection inspection = gather(*model, drafter ? &*drafter : nullptr, context_tokens);
  if (options.json) {
    print(to_text(to_json(*model, inspection, options.tensors), JsonStyle::pretty) + "\n");
  } else {
    if (options.tensors) print(list_tensors(model->file()) + "\n");
    print(describe(*model, inspection, stdout_is_styled()));
  }
  return 0;
}

}  // namespace ds4::cli
