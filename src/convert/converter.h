// Makes a model file from an official checkpoint folder. Everything is planned and checked before
// the first byte is written; then rows stream from the mapped checkpoint through the encoders to
// their place in the new file, on all cores, holding a few megabytes a thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "convert/importance.h"
#include "convert/recipe.h"
#include "convert/source_matrix.h"
#include "ds4/result.h"
#include "gguf/safetensors.h"
#include "gguf/writer.h"
#include "model/shape.h"

namespace ds4::convert {

struct ConvertOptions {
  RecipeChoice recipe;
  std::string importance_path;  // empty: none
  bool strict = false;          // a routed expert without importance is an error
  std::string name;             // general.name; empty: from shape or folder
  std::optional<model::TemplateRevision> revision;
  int threads = 0;
  const std::atomic<bool>* cancel = nullptr;
};

// What will be done: printed by a dry run, then carried out.
class Conversion {
 public:
  static Result<Conversion> plan(const std::string& folder, ConvertOptions options);

  const model::Shape& shape() const { return shape_; }
  const std::vector<model::TensorSpec>& specs() const { return specs_; }
  const gguf::Layout& layout() const { return layout_; }
  bool has_tokenizer() const { return has_tokenizer_; }
  std::string drafter() const { return drafter_; }  // "", "MTP" or "DSpark"
  std::uint64_t total_weights() const;
  // "blk.0.ffn_gate_exps.weight: rows of 64 are no multiple of 256 (IQ2_XXS), so Q8_0"
  const std::vector<std::string>& notes() const { return notes_; }

  // Writes the file. On failure or cancellation nothing remains of it.
  // `on_progress` is called from any thread with what was done since.
  Result<void> run(const std::string& output,
                   const std::function<void(std::uint64_t)>& on_progress) const;

 private:
  struct Item {
    std::size_t tensor;
    std::uint64_t matrix;  // expert
    std::uint64_t first_row, rows;
  };

  Result<void> choose_tensors(const Json& config);
  Result<void> resolve_sources();
  Result<void> plan_file(const std::string& folder);
  Result<void> put_tokenizer(gguf::MetadataBytes& keys, const std::string& folder);
  std::vector<Item> work_items() const;
  Result<void> encode(const Item& item, std::vector<std::byte>& out) const;
  Result<void> encode_table(const Item& item, std::vector<std::byte>& out) const;

  ConvertOptions options_;
  gguf::Checkpoint checkpoint_;
  std::optional<Importance> importance_;
  model::Shape shape_;
  model::DsparkShape dspark_;
  std::string drafter_;
  std::vector<model::TensorSpec> specs_;
  std::vector<std::vector<SourceMatrix>> sources_;  // [tensor][expert]
  gguf::Layout layout_;
  std::vector<std::string> notes_;
  bool has_tokenizer_ = false;
};

}  // namespace ds4::convert
