// The number types a tensor can have: their ids in the file, and how many bytes a block takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ds4::quant {

// Ids as in the file. Types that are only listed, never computed with, stay unnamed here.
enum class Type : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q8_0 = 8,
  q2_k = 10,
  q4_k = 12,
  iq2_xxs = 16,
  i32 = 26,
  bf16 = 30,
  mxfp4 = 39,
};

struct TypeInfo {
  Type type;
  std::string_view name;         // as people know it: "Q8_0"
  std::uint32_t block_elements;  // values that share a block
  std::uint32_t block_bytes;
  bool computable;  // the engine can decode it to numbers
};

// Null for an id that the format does not define.
const TypeInfo* find_type(std::uint32_t id);

// Of a type that exists (CHECKed).
const TypeInfo& info(Type type);

// All types, in id order.
std::span<const TypeInfo> all_types();

// Bytes of a row of `columns` values, which must be a multiple of the block (CHECKed).
std::uint64_t row_bytes(Type type, std::uint64_t columns);

}  // namespace ds4::quant
