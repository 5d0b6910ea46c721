// A model file of few layers and random weights, with a drafter, for tests that run it. Made once
// for a test program.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "convert/synth.h"

namespace ds4::tests {

inline std::string temporary_path(const std::string& name) {
  return (std::filesystem::temp_directory_path() /
          ("ds4_" + std::to_string(::getpid()) + "_" + name))
      .string();
}

// Writes "tiny" with weights of its own for each seed.
inline void write_small_model(const std::string& path, std::uint64_t seed, bool with_drafter) {
  convert::SynthOptions options;
  options.recipe.base = *convert::parse_recipe("q8");
  options.seed = seed;
  options.with_drafter = with_drafter;
  const auto shape = convert::synthetic_shape("tiny", 0);
  ASSERT_TRUE(shape.ok()) << shape.error().message;
  const auto plan = convert::Synthesis::plan(*shape, options);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  const auto done = plan->run(path, [](std::uint64_t) {});
  ASSERT_TRUE(done.ok()) << done.error().message;
}

// The file that most tests share.
inline const std::string& small_model() {
  struct File {
    File() { write_small_model(path, 1, true); }
    ~File() { std::filesystem::remove(path); }
    const std::string path = temporary_path("small.gguf");
  };
  static const File file;
  return file.path;
}

}  // namespace ds4::tests
