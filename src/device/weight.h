// A weight as devices take it: one tensor of the file, in the file's own blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/type.h"

namespace ds4::device {

// `count` matrices of `rows` rows. Points into the mapped file.
struct Weight {
  const std::byte* data = nullptr;
  quant::Type type = quant::Type::f32;
  std::uint64_t columns = 0;  // inputs
  std::uint64_t rows = 0;     // outputs
  std::uint64_t count = 1;    // experts
  std::uint64_t row_bytes = 0;

  bool present() const { return data != nullptr; }
  std::uint64_t matrix_bytes() const { return rows * row_bytes; }
  std::uint64_t bytes() const { return count * matrix_bytes(); }
};

}  // namespace ds4::device
