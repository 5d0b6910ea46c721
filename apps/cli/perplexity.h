// `ds4 perplexity`: how well a model predicts a text.
#pragma once

#include <cstdint>
#include <string>

#include "cli/model_runner.h"

namespace ds4::cli {

struct PerplexityOptions {
  RunnerOptions runner;
  std::string text;          // a file; "-" is standard input
  std::uint64_t window = 0;  // tokens of one session; 0: 2048, or the model's context if less
  std::uint64_t stride = 0;  // from one window to the next; 0: half a window
  bool json = false;
};

// Prints to standard output; returns the exit code.
int perplexity(const PerplexityOptions& options);

}  // namespace ds4::cli
