// Everything that `ds4 inspect` says about a model file, gathered once and then shown to people or
// as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/memory_plan.h"
#include "model/model_file.h"

namespace ds4::cli {

// Weights of one kind in one number type.
struct KindOfWeights {
  std::string kind;
  std::string types;  // "Q8_0", or "F16, F32"
  std::uint64_t tensors = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t token_bytes = 0;
};

// Layers whose routed experts have the same types.
struct LayerRecipe {
  std::uint32_t first = 0, last = 0;
  std::string name;   // "q2", "q4", "mxfp4", "q8", ... or the types
  std::string types;  // "IQ2_XXS/IQ2_XXS/Q2_K"
};

struct Inspection {
  model::KnownShape known;
  std::vector<KindOfWeights> kinds;
  std::vector<LayerRecipe> recipes;
  model::MemoryPlan plan;
  std::string drafter;              // what drafts, and where it is; "none"
  std::uint64_t machine_bytes = 0;  // memory of this machine
};

// `drafter` may be null. Its bytes count in the plan.
Inspection gather(const model::ModelFile& model, const model::DrafterFile* drafter,
                  std::uint64_t context_tokens);

// For people, at most 80 columns. `styled` adds bold and dim.
std::string describe(const model::ModelFile& model, const Inspection& inspection, bool styled);

Json to_json(const model::ModelFile& model, const Inspection& inspection, bool with_tensors);

// The same of a tokenizer, which `keys` hold.
std::string describe_vocabulary(const text::Vocabulary& vocabulary, const gguf::Metadata& keys);
Json vocabulary_json(const text::Vocabulary& vocabulary, const gguf::Metadata& keys);

// One line a tensor.
std::string list_tensors(const gguf::File& file);

}  // namespace ds4::cli
