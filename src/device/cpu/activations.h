// A batch of input rows in the forms that weight types call for: f32 as they are, groups of 32
// codes beside Q8_0 and MXFP4, blocks of 256 beside Q2_K, Q4_K and IQ2_XXS.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/lazy_array.h"
#include "device/cpu/isa.h"
#include "device/cpu/team.h"
#include "quant/activation.h"
#include "quant/type.h"

namespace ds4::device {

enum class ActivationForm { plain, groups, blocks };

ActivationForm form_for(quant::Type type);

// Rows of one form. Only the members of that form count.
struct ActivationRows {
  std::size_t columns = 0;
  const float* plain = nullptr;  // [rows, columns], rows plain_stride floats apart
  std::size_t plain_stride = 0;
  const std::int8_t* codes = nullptr;       // [rows, columns rounded up to 32]
  const float* scales = nullptr;            // [rows, groups]
  const std::int32_t* sums = nullptr;       // [rows, groups] of a group's codes
  const quant::BlockQ8K* blocks = nullptr;  // [rows, columns / 256]

  std::size_t groups() const { return (columns + 31) / 32; }
};

// Memory for rows that round_row() writes, laid out as in ActivationRows. Only the members of the
// form asked for need to be set.
struct RoundedRows {
  std::size_t columns = 0;
  std::int8_t* codes = nullptr;
  float* scales = nullptr;
  std::int32_t* sums = nullptr;
  quant::BlockQ8K* blocks = nullptr;

  ActivationRows rows() const { return {columns, nullptr, 0, codes, scales, sums, blocks}; }
};

// Rounds to groups or blocks, as row number `row`.
void round_row(Isa isa, ActivationForm form, const float* x, const RoundedRows& to,
               std::size_t row);

// Owns the rounded forms. What was made is valid until the next make() or the change of the input.
class Activations {
 public:
  // The most that make() will be asked for, and the memory that takes.
  void reserve(std::size_t rows, std::size_t columns);
  static std::size_t bytes(std::size_t rows, std::size_t columns);

  // `x` [rows, columns], rows `stride` floats apart, in that form. Rounds row by row on the team.
  ActivationRows make(Isa isa, Team& team, ActivationForm form, const float* x, std::size_t rows,
                      std::size_t columns, std::size_t stride);

 private:
  LazyArray<std::int8_t> codes_;
  LazyArray<float> scales_;
  LazyArray<std::int32_t> sums_;
  LazyArray<quant::BlockQ8K> blocks_;
};

}  // namespace ds4::device
