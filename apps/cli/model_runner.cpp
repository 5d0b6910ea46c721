#include "cli/model_runner.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace ds4::cli {

namespace {

using model::DrafterFile;
using model::ModelFile;
using model::MtpWeights;

Result<std::optional<DrafterFile>> open_drafter(const RunnerOptions& options,
                                                const ModelFile& file) {
  if (options.speaker == Speaker::model) return std::optional<DrafterFile>();
  if (options.drafter.empty()) {
    if (file.mtp()) return std::optional<DrafterFile>();
    return fail(Code::not_found, options.model, ": it holds no MTP drafter; name the file of one");
  }
  TRY(DrafterFile opened, model::open_drafter(options.drafter, file));
  if (!opened.mtp) {
    return fail(Code::unsupported, options.drafter, ": it is a DSpark drafter, not an MTP block");
  }
  return std::optional<DrafterFile>(std::move(opened));
}

// The drafter that takes part, null for none.
const MtpWeights* mtp_of(Speaker speaker, const ModelFile& file,
                         const std::optional<DrafterFile>& drafter) {
  if (speaker == Speaker::model) return nullptr;
  return drafter ? &*drafter->mtp : &*file.mtp();
}

}  // namespace

std::int32_t most_likely(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

Result<std::unique_ptr<ModelRunner>> ModelRunner::open(const RunnerOptions& options) {
  TRY(const device::CpuOptions cpu,
      device::read_cpu_options(options.isa, options.threads, options.cpus));
  TRY(ModelFile file, ModelFile::open(options.model));
  TRY(auto drafter, open_drafter(options, file));
  return std::unique_ptr<ModelRunner>(
      new ModelRunner(std::move(file), std::move(drafter), cpu, options));
}

ModelRunner::ModelRunner(ModelFile file, std::optional<DrafterFile> drafter,
                         const device::CpuOptions& cpu, const RunnerOptions& options)
    : file_(std::move(file)),
      drafter_(std::move(drafter)),
      speaker_(options.speaker),
      device_(cpu),
      forward_(device_, file_.shape(), file_.weights(),
               {.round_rows = options.round_rows,
                .rows_max = options.batch_tokens,
                .drafter = mtp_of(speaker_, file_, drafter_)}) {}

void ModelRunner::feed_drafter(model::SessionState& state, std::span<const std::int32_t> tokens,
                               std::uint64_t first, std::uint32_t rows) {
  const std::uint64_t behind = first + rows;
  const auto following = tokens.subspan(first + 1, std::min(behind, tokens.size() - 1) - first);
  std::vector<std::int32_t> next(following.begin(), following.end());
  if (behind == tokens.size()) {
    const std::uint32_t last = rows - 1;
    next.push_back(most_likely(forward_.logits({&last, 1})));
  }
  forward_.draft(state, 0, next);
}

Result<void> ModelRunner::run(std::span<const std::int32_t> tokens,
                              std::span<const std::uint32_t> positions, const See& see,
                              const std::function<void(std::uint64_t)>& on_progress) {
  model::SessionState state(forward_.layout());
  const std::size_t vocabulary = shape().vocabulary;
  std::vector<std::uint32_t> asked;  // rows of the batch at hand
  for (std::uint64_t first = 0; first < tokens.size() && !positions.empty();) {
    const auto rows = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(forward_.rows_max(), tokens.size() - first));
    const model::Chunk chunk{&state, tokens.subspan(first, rows)};
    state.reserve(first + rows);
    forward_.evaluate({&chunk, 1});
    if (speaker_ == Speaker::drafter) feed_drafter(state, tokens, first, rows);

    while (!positions.empty() && positions.front() < first + rows) {
      asked.clear();
      for (const std::uint32_t position : positions) {
        if (position >= first + rows || asked.size() == forward_.logit_rows_max()) break;
        asked.push_back(static_cast<std::uint32_t>(position - first));
      }
      const auto logits =
          speaker_ == Speaker::drafter ? forward_.draft_logits(asked) : forward_.logits(asked);
      for (std::size_t i = 0; i < asked.size(); ++i) {
        TRY_DO(see(positions[i], logits.subspan(i * vocabulary, vocabulary)));
      }
      positions = positions.subspan(asked.size());
    }
    first += rows;
    on_progress(rows);
  }
  return {};
}

}  // namespace ds4::cli
