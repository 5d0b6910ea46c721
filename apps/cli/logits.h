// `ds4 logits`: what a model says behind given tokens, as plain numbers for other programs.
#pragma once

#include <string>

#include "cli/model_runner.h"

namespace ds4::cli {

struct LogitsOptions {
  RunnerOptions runner;
  std::string tokens;              // ids, or @ and the path of a file of them
  std::string positions = "last";  // "all", "last", or numbers
  std::string output;
};

// Writes the rows to `output` and a summary as JSON to standard output; returns the exit code.
int logits(const LogitsOptions& options);

}  // namespace ds4::cli
