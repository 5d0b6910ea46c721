// Reads checkpoints in the safetensors format: one file, or shards with an index. Header sizes,
// offsets and shapes are checked here; the tensors are views into the mapped files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "ds4/result.h"

namespace ds4::gguf {

// The number types met in checkpoints of this model.
enum class SafeType { f64, f32, f16, bf16, f8_e4m3, f8_e8m0, i64, i32, i16, i8, u8, boolean };

std::string_view name_of(SafeType type);
std::size_t bytes_of(SafeType type);

struct SafeTensor {
  std::string name;
  SafeType type = SafeType::f32;
  std::vector<std::uint64_t> shape;  // row-major, outermost first; empty for a scalar
  std::span<const std::byte> data;

  std::uint64_t elements() const {
    std::uint64_t product = 1;
    for (const std::uint64_t size : shape) product *= size;
    return product;
  }
};

// The tensors of one file's bytes, in the order of its header. They point into `file`.
Result<std::vector<SafeTensor>> parse_safetensors(std::span<const std::byte> file);

// A whole checkpoint: its folder's model.safetensors.index.json and the shards it names, or the
// one *.safetensors file of the folder, or a file given by name.
class Checkpoint {
 public:
  static Result<Checkpoint> open(const std::string& path);

  std::span<const SafeTensor> tensors() const { return tensors_; }
  const SafeTensor* find(std::string_view name) const;

  // Says that these bytes of a tensor will not be needed soon: their pages need not stay in memory.
  void release(std::span<const std::byte> bytes) const;

 private:
  Result<void> add_file(const std::string& path);

  std::vector<MappedFile> files_;
  std::vector<SafeTensor> tensors_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace ds4::gguf
