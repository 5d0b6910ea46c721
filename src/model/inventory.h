// The list of tensors that a shape calls for: name, dimensions, what kind of number may stand in
// each, and what the official checkpoint calls it. Binding, conversion, synthesis and the byte
// accounts all read this one list.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/shape.h"

namespace ds4::model {

// What a tensor is for. Recipes and accounts go by it.
enum class Role {
  embedding,
  head,
  mixing,  // hyper-connections
  norm,
  attention,  // its projections, and the sinks
  compressor,
  indexer,  // its query side, skipped while every row is visible anyway
  index_compressor,
  router,
  token_table,  // token id to experts
  routed,
  shared,
  drafter,  // what only a draft block has: projections, Markov and confidence heads
};

std::string_view name_of(Role role);

// Which number types a tensor may have.
enum class Storage {
  matrix,  // any type the engine computes with
  vector,  // F32 or F16
  table,   // I32
};

// Which of the three matrices of a routed expert.
enum class ExpertPart { none, gate, up, down };

struct TensorSpec {
  std::string name;      // in the GGUF
  std::string official;  // in the checkpoint; "%" stands for the number of a routed expert
  Role role = Role::norm;
  Storage storage = Storage::matrix;
  std::array<std::uint64_t, 3> dims = {1, 1, 1};  // dims[0] contiguous, as in the GGUF
  std::uint32_t rank = 1;
  ExpertPart part = ExpertPart::none;
  int layer = -1;  // -1: of the whole model; drafter blocks count on from the last layer
  bool required = true;

  std::uint64_t elements() const { return dims[0] * dims[1] * dims[2]; }
};

// A run of layers, for files that hold only some. The embedding belongs to layer 0, the head to
// the last.
struct LayerRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

// Main model: the tensors of 3.1 to 3.3 of the file format, in the order that new files use:
// globals, then per layer small ones first and the routed experts last.
std::vector<TensorSpec> main_tensors(const Shape& shape);

// The classic one-block drafter.
std::vector<TensorSpec> mtp_tensors(const Shape& shape);

// The staged drafter.
struct DsparkShape {
  std::uint32_t stages = 0;
  std::uint32_t block_size = 0;
  std::uint32_t markov_rank = 0;
  std::uint32_t noise_token = 0;
  std::vector<std::uint32_t> target_layers;
};
std::vector<TensorSpec> dspark_tensors(const Shape& shape, const DsparkShape& dspark);

}  // namespace ds4::model
