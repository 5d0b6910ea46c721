#include "quant/codec.h"

#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "quant/iq2_xxs.h"
#include "quant/mxfp4.h"
#include "quant/q2_k.h"
#include "quant/q4_k.h"
#include "quant/q8_0.h"
#include "quant/scalar.h"

namespace ds4::quant {

namespace {

template <class Block>
void decode_blocks(const std::byte* blocks, float* out, std::size_t columns, std::size_t elements) {
  for (std::size_t at = 0; at < columns; at += elements, blocks += sizeof(Block)) {
    decode(load<Block>(blocks), out + at);
  }
}

}  // namespace

bool has_codec(Type type) {
  const TypeInfo& format = info(type);
  return format.computable && type != Type::i32;
}

bool needs_importance(Type type) {
  return type == Type::iq2_xxs;
}

void decode_row(Type type, const std::byte* blocks, float* out, std::size_t columns) {
  CHECK(columns % info(type).block_elements == 0);
  switch (type) {
    case Type::f32:
      std::memcpy(out, blocks, columns * sizeof(float));
      return;
    case Type::f16:
      for (std::size_t i = 0; i < columns; ++i) {
        out[i] = f16_to_f32(load<std::uint16_t>(blocks + 2 * i));
      }
      return;
    case Type::bf16:
      for (std::size_t i = 0; i < columns; ++i) {
        out[i] = bf16_to_f32(load<std::uint16_t>(blocks + 2 * i));
      }
      return;
    case Type::q8_0:
      return decode_blocks<BlockQ8_0>(blocks, out, columns, 32);
    case Type::q2_k:
      return decode_blocks<BlockQ2K>(blocks, out, columns, 256);
    case Type::q4_k:
      return decode_blocks<BlockQ4K>(blocks, out, columns, 256);
    case Type::iq2_xxs:
      return decode_blocks<BlockIQ2XXS>(blocks, out, columns, 256);
    case Type::mxfp4:
      return decode_blocks<BlockMXFP4>(blocks, out, columns, 32);
    case Type::i32:
      break;
  }
  CHECK(has_codec(type));
}

void encode_row(Type type, const float* row, std::byte* out, std::size_t columns,
                const float* importance) {
  CHECK(columns % info(type).block_elements == 0);
  switch (type) {
    case Type::f32:
      std::memcpy(out, row, columns * sizeof(float));
      return;
    case Type::f16:
      for (std::size_t i = 0; i < columns; ++i) store(out + 2 * i, f32_to_f16(row[i]));
      return;
    case Type::bf16:
      for (std::size_t i = 0; i < columns; ++i) store(out + 2 * i, f32_to_bf16(row[i]));
      return;
    case Type::q8_0:
      return encode_q8_0(row, columns, out);
    case Type::q2_k:
      return encode_q2_k(row, columns, importance, out);
    case Type::q4_k:
      return encode_q4_k(row, columns, importance, out);
    case Type::iq2_xxs:
      return encode_iq2_xxs(row, columns, importance, out);
    case Type::mxfp4:
      return encode_mxfp4(row, columns, importance, out);
    case Type::i32:
      break;
  }
  CHECK(has_codec(type));
}

void add_column_energy(const float* row, std::size_t columns, float* sums) {
  for (std::size_t i = 0; i < columns; ++i) sums[i] += row[i] * row[i];
}

}  // namespace ds4::quant
