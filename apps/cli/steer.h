// `ds4 steer`: directions that push what a model says one way.
#pragma once

#include <string>

namespace ds4::cli {

struct SteerBuildCommand {
  std::string model;         // empty: the default one
  std::string toward, away;  // files of prompts, one a line
  std::string output;
  std::string layers;  // a list like 2-5; empty: all
  int threads = 0;
};

// Returns the exit code.
int steer_build(const SteerBuildCommand& command);

}  // namespace ds4::cli
