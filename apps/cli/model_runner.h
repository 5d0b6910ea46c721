// A model file joined with a device and a forward pass, for commands that look at the model itself:
// one sequence from its first token on, and the logits of the positions asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "device/cpu/cpu_device.h"
#include "ds4/result.h"
#include "model/forward.h"
#include "model/model_file.h"

namespace ds4::cli {

// Whose logits are wanted.
enum class Speaker {
  model,
  drafter,  // row i is told token i + 1; the last token's own most likely successor stands in
};

struct RunnerOptions {
  std::string model;
  Speaker speaker = Speaker::model;
  std::string drafter;  // its file; empty: the one inside the model
  std::string isa;      // "portable", "avx2", ...; empty: the fastest
  int threads = 0;      // 0: one for each core
  std::string cpus;     // to keep them on: "0-7,16-23"; empty: any
  std::uint32_t batch_tokens = model::kBatchRows;
  bool round_rows = true;
};

class ModelRunner {
 public:
  // Messages begin with the path where a file is at fault.
  static Result<std::unique_ptr<ModelRunner>> open(const RunnerOptions& options);

  const model::ModelFile& file() const { return file_; }
  const model::Shape& shape() const { return file_.shape(); }

  // Evaluates tokens of the vocabulary, at most as many as the model's context, from position 0 on,
  // and hands out the logits of `positions`: ascending, none twice, all below tokens.size(). Stops
  // behind the last of them, or with the first error of `see`. `on_progress` is told of the tokens
  // done since.
  using See = std::function<Result<void>(std::uint32_t position, std::span<const float> logits)>;
  Result<void> run(std::span<const std::int32_t> tokens, std::span<const std::uint32_t> positions,
                   const See& see, const std::function<void(std::uint64_t)>& on_progress);

 private:
  ModelRunner(model::ModelFile file, std::optional<model::DrafterFile> drafter,
              const device::CpuOptions& cpu, const RunnerOptions& options);

  void feed_drafter(model::SessionState& state, std::span<const std::int32_t> tokens,
                    std::uint64_t first, std::uint32_t rows);

  const model::ModelFile file_;
  const std::optional<model::DrafterFile> drafter_;
  const Speaker speaker_;
  device::CpuDevice device_;
  model::Forward forward_;
};

// The token of the largest logit, the lowest of several.
std::int32_t most_likely(std::span<const float> logits);

}  // namespace ds4::cli
