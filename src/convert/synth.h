// Files of true layer dimensions with random weights: for measuring speed and memory without the
// real model. The bytes are a function of shape, seed and recipe alone, whatever the threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "convert/recipe.h"
#include "ds4/result.h"
#include "gguf/writer.h"
#include "model/shape.h"

namespace ds4::convert {

struct SynthOptions {
  RecipeChoice recipe;
  std::uint64_t seed = 1;
  bool with_drafter = false;  // an MTP block behind the main layers
  int threads = 0;
  const std::atomic<bool>* cancel = nullptr;
};

// "flash", "pro", "tiny", or a config.json of the published key names. `layers` of 0 keeps all;
// more than the shape has repeats its last pattern of ratios.
Result<model::Shape> synthetic_shape(const std::string& name, std::uint32_t layers);

class Synthesis {
 public:
  static Result<Synthesis> plan(const model::Shape& shape, SynthOptions options);

  const gguf::Layout& layout() const { return layout_; }
  // `on_progress` is called from any thread with what was done since.
  Result<void> run(const std::string& output,
                   const std::function<void(std::uint64_t)>& on_progress) const;

 private:
  model::Shape shape_;
  SynthOptions options_;
  std::vector<model::TensorSpec> specs_;
  gguf::Layout layout_;
};

}  // namespace ds4::convert
