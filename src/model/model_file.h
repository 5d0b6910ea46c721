// A model file opened for use: mapped, its shape read, every tensor bound, the tokenizer checked.
// All that a load would check is checked here, before any weight is read.
#pragma once

#include <optional>
#include <string>

#include "ds4/result.h"
#include "gguf/file.h"
#include "model/memory_plan.h"
#include "model/shape.h"
#include "model/vocabulary_keys.h"
#include "model/weights.h"

namespace ds4::model {

// Owns the mapping, into which the weights point. Movable.
class ModelFile {
 public:
  // Messages begin with the path; a file with several faults gives one line each.
  static Result<ModelFile> open(const std::string& path);

  const gguf::File& file() const { return *file_; }
  const Shape& shape() const { return shape_; }
  // Absent where the checkpoint had none: the model then takes and gives token ids only.
  const std::optional<text::Vocabulary>& vocabulary() const { return vocabulary_; }
  const ModelWeights& weights() const { return weights_; }
  // Drafters that stand in the same file.
  const std::optional<MtpWeights>& mtp() const { return mtp_; }
  const std::optional<DsparkWeights>& dspark() const { return dspark_; }

  // Every tensor of the file that belongs to the model, with what it is for.
  std::vector<std::pair<const TensorSpec*, const gguf::Tensor*>> bound_tensors() const;
  // The same for accounts.
  std::vector<WeightBytes> weight_bytes() const;
  // Tensors that belong to nothing we know; they are ignored.
  std::size_t unknown_tensors() const { return unknown_tensors_; }

 private:
  Result<void> bind();

  std::unique_ptr<gguf::File> file_;
  Shape shape_;
  std::optional<text::Vocabulary> vocabulary_;
  ModelWeights weights_;
  std::optional<MtpWeights> mtp_;
  std::optional<DsparkWeights> dspark_;
  std::vector<TensorSpec> specs_;
  std::size_t unknown_tensors_ = 0;
};

// A drafter in a file of its own, to go with `shape`.
struct DrafterFile {
  std::unique_ptr<gguf::File> file;
  std::optional<MtpWeights> mtp;
  std::optional<DsparkWeights> dspark;
};
Result<DrafterFile> open_drafter(const std::string& path, const ModelFile& model);

// Reads and checks the dspark.* keys.
Result<DsparkShape> read_dspark_shape(const gguf::Metadata& keys, const Shape& shape);

}  // namespace ds4::model
