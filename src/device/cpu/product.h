// Rows of a weight times rows of activations: the kernels under every matrix of the model. What
// they compute is fixed to the bit by docs/numerics.md, whatever the number of activation rows and
// the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/cpu/activations.h"
#include "device/cpu/isa.h"
#include "device/weight.h"
#include "quant/type.h"

namespace ds4::device {

// out[i * out_stride + r] = weight row r . activation row i, for r < rows and i < inputs.
struct ProductArgs {
  const std::byte* weight = nullptr;  // first of the rows
  quant::Type type = quant::Type::f32;
  std::size_t row_bytes = 0;
  std::uint32_t rows = 0;
  ActivationRows x;
  const std::uint32_t* x_rows = nullptr;  // which rows of x; null: 0, 1, ...
  std::uint32_t inputs = 0;
  const std::byte* panels = nullptr;  // of these inputs, where wants_panels()
  float* out = nullptr;
  std::size_t out_stride = 0;
};

// `count` rows of a weight from `first` on, or as many as there are behind it up to `end`; rows are
// counted through all of its matrices. The activations are left to be set, and the output, whose
// rows are `count` apart.
ProductArgs product_of(const Weight& weight, std::uint64_t first, std::uint32_t count,
                       std::uint64_t end);

// Bytes of scratch that a product of such rows may ask for, `inputs` of them in panels.
std::size_t product_scratch_bytes(std::size_t columns, std::size_t inputs = 0);

// In the calling thread alone.
void product(Isa isa, const ProductArgs& args, std::byte* scratch);

}  // namespace ds4::device
