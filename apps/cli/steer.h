// `ds4 steer`: directions that push what a model says one way.
#pragma once

#include <string>

namespace ds4::cli {

struct SteerBuildCommand {
  std::string model;
  std::string toward, away;  // files of prompts, one a line
  std::string output;
  int threads = 0;
};

// Returns the exit code.
int steer_build(const SteerBuildCommand& command);

}  // namespace ds4::cli
