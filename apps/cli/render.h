// `ds4 render`: the prompt that a list of messages becomes, for people who debug prompts.
#pragma once

#include <string>

namespace ds4::cli {

struct RenderCommand {
  std::string input;       // a JSON file, or "-"
  std::string vocabulary;  // for `tokens`
  std::string revision;    // empty: what the file says
  bool tokens = false;
  bool spans = false;
  bool json = false;
};

// Prints to standard output; returns the exit code.
int render(const RenderCommand& command);

}  // namespace ds4::cli
