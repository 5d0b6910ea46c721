// The weights of a model as named structs of views into its file, bound once at open. A missing,
// misshapen or mistyped tensor is found here, not in a kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "device/weight.h"
#include "ds4/result.h"
#include "gguf/container.h"
#include "model/inventory.h"
#include "model/shape.h"

namespace ds4::model {

using device::Weight;

struct MixWeights {
  Weight fn;  // [4 * width, 24] or, for a head, [4 * width, 4]
  Weight base;
  Weight scale;
};

struct AttentionWeights {
  Weight norm;
  Weight query_a, query_a_norm, query_b;
  Weight key, key_norm;
  Weight sinks;
  Weight output_a, output_b;
};

struct CompressorWeights {
  Weight ape, key, gate, norm;
};

struct IndexerWeights {
  Weight query_b, head_weights;
  CompressorWeights compressor;
};

struct ExpertWeights {
  Weight norm;
  Weight router;
  Weight bias;         // may be absent
  Weight token_table;  // of hash-routed layers only
  Weight gate, up, down;
  Weight shared_gate, shared_up, shared_down;
};

struct LayerWeights {
  std::uint32_t ratio = 0;
  MixWeights attention_mix, expert_mix;
  AttentionWeights attention;
  CompressorWeights compressor;  // of ratio 4 and 128
  IndexerWeights indexer;        // of ratio 4
  ExpertWeights experts;
};

struct MtpWeights {
  LayerWeights layer;
  Weight embedding_projection, hidden_projection;
  Weight embedding_norm, hidden_norm, norm;
  MixWeights head_mix;
};

struct DsparkWeights {
  DsparkShape shape;
  std::vector<LayerWeights> stages;
  Weight main_projection, main_norm;
  Weight norm;
  MixWeights head_mix;
  Weight markov_in, markov_out;
  Weight confidence;
};

struct ModelWeights {
  Weight embedding;
  MixWeights head_mix;
  Weight norm, head;
  std::vector<LayerWeights> layers;
};

// A tensor of the file, and where its bytes are.
struct FileTensor {
  const gguf::Tensor* tensor = nullptr;
  const std::byte* data = nullptr;
};

// What binding needs of a file: tensors by name.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual std::optional<FileTensor> find(std::string_view name) const = 0;
};

// Each checks every tensor of its list and reports all that are missing or wrong, one line each
// (at most 20), the first difference first.
Result<ModelWeights> bind_model(const TensorSource& file, const Shape& shape);
Result<MtpWeights> bind_mtp(const TensorSource& file, const Shape& shape);
Result<DsparkWeights> bind_dspark(const TensorSource& file, const Shape& shape,
                                  const DsparkShape& dspark);

// Checks that the experts named for each token exist. Reads the tables, so it is a step of its own.
Result<void> check_token_tables(const ModelWeights& weights, const Shape& shape);

}  // namespace ds4::model
