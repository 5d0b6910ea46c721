// The commands of ds4-gguf, each with its options. run() returns the exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ds4::gguf_tool {

struct ConvertCommand {
  std::string folder;
  std::string output;
  std::string recipe;
  std::string importance;
  std::vector<std::string> layers;
  std::string name;
  std::string revision;
  bool strict = false;
  bool dry_run = false;
  int threads = 0;
};
int run(const ConvertCommand& command);

struct SynthCommand {
  std::string output;
  std::string shape;
  std::uint32_t layers = 0;
  std::uint64_t seed = 1;
  std::string recipe = "q2";
  bool with_drafter = false;
  int threads = 0;
};
int run(const SynthCommand& command);

struct VocabCommand {
  std::string input;
  std::string output;
  std::string name;
  bool extend_to_v4 = false;
};
int run(const VocabCommand& command);

struct CompareCommand {
  std::string a, b;
  bool tensors = false;
  bool json = false;
  int threads = 0;
};
int run(const CompareCommand& command);

}  // namespace ds4::gguf_tool
