// The series of measurements that people ask for with one command.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/runner.h"

namespace ds4::bench {

struct MeasureOptions {
  RunnerOptions runner;
  int threads = 0;            // 0: one for each core
  std::string isa;            // empty: the best
  std::string cpus;           // to keep threads on; empty: any
  std::string forced_tokens;  // file of token ids
  std::uint64_t context_start = 0, context_max = 0;
  std::uint64_t step = 0;  // added from one context to the next
  double factor = 2;       // or multiplied, where `step` is 0
  std::uint32_t decode_tokens = 16;
  std::vector<std::uint32_t> prefill = {128, 512, 2048};  // at the first context, if that is 0
  std::uint32_t append = 256;                             // at the others
  std::vector<std::uint32_t> sessions = {2, 4, 8};
  std::vector<std::uint32_t> verify = {2, 4, 8};
  bool machine_only = false;
  bool may_be_busy = false;
  bool json = false;
  std::string csv;  // file to write
};

// Runs and prints. The exit code.
int measure(const MeasureOptions& options);

}  // namespace ds4::bench
