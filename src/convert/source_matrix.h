// One tensor of an official checkpoint as rows of f32, whatever its number type there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "ds4/result.h"
#include "gguf/safetensors.h"
#include "model/inventory.h"

namespace ds4::convert {

// Views into the checkpoint, which must outlive it. Reading is const and safe from any thread.
class SourceMatrix {
 public:
  // Checks that the tensor (and its scale, if its type needs one) exists with the expected shape.
  static Result<SourceMatrix> find(const gguf::Checkpoint& checkpoint, const std::string& name,
                                   std::uint64_t columns, std::uint64_t rows);

  std::uint64_t columns() const { return columns_; }
  std::uint64_t rows() const { return rows_; }
  bool is_fp4() const { return form_ == Form::fp4; }
  // Where rows stand in the checkpoint, their scales aside.
  std::span<const std::byte> bytes_of_rows(std::uint64_t first, std::uint64_t count) const {
    return {row_data(first), count * row_bytes_};
  }

  void read_row(std::uint64_t row, float* out) const;
  // The row as MXFP4 blocks, without loss. Only of FP4.
  void repack_row(std::uint64_t row, std::byte* blocks) const;

 private:
  enum class Form { f32, f16, bf16, fp8_e8m0, fp8_f32, fp4 };

  const std::byte* row_data(std::uint64_t row) const { return data_ + row * row_bytes_; }
  const std::byte* row_scales(std::uint64_t row) const;

  Form form_ = Form::f32;
  std::uint64_t columns_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t row_bytes_ = 0;
  std::uint64_t scale_row_bytes_ = 0;
  const std::byte* data_ = nullptr;
  const std::byte* scales_ = nullptr;
};

// The token-to-expert table: I64 or I32 in the checkpoint. Every id must be below `experts`.
Result<void> read_token_table(const gguf::Checkpoint& checkpoint, const model::TensorSpec& spec,
                              std::uint32_t experts, std::int32_t* out);

// "layers.3.ffn.experts.%.w1.weight" of one expert.
std::string official_name(const model::TensorSpec& spec, std::uint64_t expert);

}  // namespace ds4::convert
