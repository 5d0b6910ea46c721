// Measures one model on one device: reading prompts, decoding, at chosen lengths of context.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/machine.h"
#include "device/cpu/cpu_device.h"
#include "device/timing_device.h"
#include "ds4/result.h"
#include "model/forward.h"
#include "model/model_file.h"

namespace ds4::bench {

// One figure: the median of its runs, with the spread.
struct Figure {
  std::string what;           // "decode", "prefill", "append", "sessions", "verify", "restore"
  std::uint64_t context = 0;  // tokens before
  std::uint32_t count = 1;    // tokens, sessions or drafted rows of a run
  double tokens = 0;          // that a run gave
  double seconds = 0;         // median
  double best_seconds = 0, worst_seconds = 0;
  double limit_seconds = 0;  // what the machine's own limits would take

  double rate() const { return tokens / seconds; }
  double share() const { return limit_seconds / seconds; }
};

struct RunnerOptions {
  std::string model;
  device::CpuOptions cpu = {};
  bool stages = false;
  int runs = 5;
  std::vector<std::int32_t> forced_tokens;  // empty: pseudo-random ones
};

class Runner {
 public:
  static Result<std::unique_ptr<Runner>> open(const RunnerOptions& options, const Machine& machine);

  const model::Shape& shape() const { return file_.shape(); }
  std::string model_name() const;

  // A session of that many tokens; the longest one made so far is reused as a prefix.
  Result<void> go_to(std::uint64_t context);

  // Each from the session of go_to(), which they leave as it was.
  Figure decode(std::uint32_t tokens);
  Figure append(std::uint32_t tokens, const char* what);
  Figure decode_together(std::uint32_t sessions, std::uint32_t tokens);
  Figure verify(std::uint32_t rows);
  Figure restore();

  // Of the last figure, where they were asked for; for one run.
  const std::vector<std::pair<device::Stage, device::StageFigures>>& stages() const {
    return stages_;
  }

 private:
  Runner(const RunnerOptions& options, const Machine& machine, model::ModelFile file);

  std::int32_t token(std::uint64_t position) const;
  std::vector<std::int32_t> tokens(std::uint64_t begin, std::uint64_t count) const;
  // Median of runs of `work`, each on a fork of the session, prepared outside the clock.
  template <class Work>
  Figure measure(Figure figure, Work&& work);
  // Seconds that reading the weights once, or their products for so many rows, must take.
  double read_limit(double experts_read) const;
  double product_limit(double rows, double logit_rows) const;

  RunnerOptions options_;
  Machine machine_;
  model::ModelFile file_;
  device::CpuDevice cpu_;
  device::TimingDevice timing_;
  model::Forward forward_;
  model::SessionState session_;
  std::vector<std::pair<device::Stage, device::StageFigures>> stages_;
};

}  // namespace ds4::bench
