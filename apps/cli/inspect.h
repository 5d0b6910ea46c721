// `ds4 inspect`: what a model file is, whether it would load, and what running it takes.
#pragma once

#include <cstdint>
#include <string>

namespace ds4::cli {

struct InspectOptions {
  std::string path;
  std::string drafter_path;          // a support file to go with it; empty: none
  std::uint64_t context_tokens = 0;  // 0: 32,768, or what the model has if that is less
  bool tensors = false;
  bool json = false;
};

// Prints to standard output; returns the exit code.
int inspect(const InspectOptions& options);

}  // namespace ds4::cli
