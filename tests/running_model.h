// A model at work for tests: a device and a forward pass over given shape and weights, and sessions
// that are fed tokens and answer with the logits of every one of them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include "device/cpu/cpu_device.h"
#include "model/forward.h"
#include "model/model_file.h"

namespace ds4::tests {

// A folder that lives as long as the object.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("ds4_" + name + "_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<model::ModelFile> open_model(const std::string& path) {
  auto opened = model::ModelFile::open(path);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return std::make_unique<model::ModelFile>(std::move(*opened));
}

struct HowToRun {
  device::Isa isa = device::best_isa();
  int threads = 1;
  bool round_rows = true;
  std::uint32_t rows_max = 64;
  const model::MtpWeights* drafter = nullptr;
};

// Shape and weights must outlive it.
class RunningModel {
 public:
  RunningModel(const model::Shape& shape, const model::ModelWeights& weights, const HowToRun& how)
      : vocabulary_(shape.vocabulary),
        device_({.isa = how.isa, .threads = how.threads}),
        forward_(device_, shape, weights,
                 {.round_rows = how.round_rows, .rows_max = how.rows_max, .drafter = how.drafter}) {
  }
  RunningModel(const model::ModelFile& file, const HowToRun& how)
      : RunningModel(file.shape(), file.weights(), how) {}

  model::Forward& forward() { return forward_; }
  model::SessionState start() const { return model::SessionState(forward_.layout()); }

  // Appends the chunks in one batch. The logits of all their tokens, [tokens, vocabulary].
  std::vector<float> feed(std::span<const model::Chunk> chunks) {
    std::size_t rows = 0;
    for (const model::Chunk& chunk : chunks) {
      chunk.state->reserve(chunk.state->tokens() + chunk.tokens.size());
      rows += chunk.tokens.size();
    }
    forward_.evaluate(chunks);
    return logits_of(rows, [&](auto asked) { return forward_.logits(asked); });
  }
  std::vector<float> feed(model::SessionState& state, std::span<const std::int32_t> tokens) {
    const model::Chunk chunk{&state, tokens};
    return feed({&chunk, 1});
  }

  // The drafter's logits of a session's rows of the last batch, the first of which is `first_row`.
  std::vector<float> draft(model::SessionState& state, std::span<const std::int32_t> next_tokens,
                           std::uint32_t first_row = 0) {
    forward_.draft(state, first_row, next_tokens);
    return logits_of(next_tokens.size(), [&](auto asked) { return forward_.draft_logits(asked); });
  }

 private:
  template <class Ask>
  std::vector<float> logits_of(std::size_t rows, Ask&& ask) {
    std::vector<float> out;
    out.reserve(rows * vocabulary_);
    std::vector<std::uint32_t> asked;
    for (std::size_t first = 0; first < rows; first += asked.size()) {
      asked.resize(std::min<std::size_t>(forward_.logit_rows_max(), rows - first));
      std::iota(asked.begin(), asked.end(), static_cast<std::uint32_t>(first));
      const std::span<const float> logits = ask(std::span<const std::uint32_t>(asked));
      out.insert(out.end(), logits.begin(), logits.end());
    }
    return out;
  }

  std::size_t vocabulary_;
  device::CpuDevice device_;
  model::Forward forward_;
};

}  // namespace ds4::tests
