#include "convert/source_matrix.h"

#include "base/bytes.h"
#include "base/check.h"
#include "quant/codec.h"
#include "quant/official.h"

namespace ds4::convert {

namespace {

using gguf::SafeTensor;
using gguf::SafeType;

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) out += ", ";
    out += std::to_string(shape[i]);
  }
  return out + "]";
}

// Whether the shape is [rows, columns], leading and trailing ones aside.
bool has_shape(const SafeTensor& tensor, std::uint64_t rows, std::uint64_t columns) {
  std::vector<std::uint64_t> sizes;
  for (const std::uint64_t size : tensor.shape) {
    if (size != 1) sizes.push_back(size);
  }
  std::vector<std::uint64_t> wanted;
  if (rows != 1) wanted.push_back(rows);
  if (columns != 1) wanted.push_back(columns);
  return sizes == wanted;
}

Error wrong_shape(const SafeTensor& tensor, std::uint64_t rows, std::uint64_t columns) {
  return fail(Code::bad_file, "tensor ", tensor.name, " of the checkpoint has shape ",
              shape_text(tensor.shape), ", expected ", shape_text({rows, columns}));
}

Result<const SafeTensor*> require(const gguf::Checkpoint& checkpoint, const std::string& name) {
  const SafeTensor* tensor = checkpoint.find(name);
  if (tensor == nullptr) {
    return fail(Code::not_found, "tensor ", name, " is not in the checkpoint");
  }
  return tensor;
}

// "x.weight" -> "x.scale"
std::string scale_name(const std::string& name) {
  constexpr std::string_view kWeight = ".weight";
  return (name.ends_with(kWeight) ? name.substr(0, name.size() - kWeight.size()) : name) + ".scale";
}

}  // namespace

Result<SourceMatrix> SourceMatrix::find(const gguf::Checkpoint& checkpoint, const std::string& name,
                                        std::uint64_t columns, std::uint64_t rows) {
  TRY(const SafeTensor* tensor, require(checkpoint, name));
  SourceMatrix out;
  out.columns_ = columns;
  out.rows_ = rows;
  out.data_ = tensor->data.data();
  out.row_bytes_ = columns * gguf::bytes_of(tensor->type);
  switch (tensor->type) {
    case SafeType::f32:
      out.form_ = Form::f32;
      break;
    case SafeType::f16:
      out.form_ = Form::f16;
      break;
    case SafeType::bf16:
      out.form_ = Form::bf16;
      break;
    case SafeType::f8_e4m3:
      out.form_ = Form::fp8_e8m0;
      break;
    case SafeType::i8:
      out.form_ = Form::fp4;
      break;
    default:
      return fail(Code::unsupported, "tensor ", name, " of the checkpoint has dtype ",
                  name_of(tensor->type), ", expected F32, F16, BF16, F8_E4M3 or I8 (FP4)");
  }

  if (out.form_ == Form::fp4) {
    out.row_bytes_ = columns / 2;
    if (columns % quant::kFp4Group != 0 || !has_shape(*tensor, rows, columns / 2)) {
      return wrong_shape(*tensor, rows, columns / 2);
    }
  } else if (!has_shape(*tensor, rows, columns)) {
    return wrong_shape(*tensor, rows, columns);
  }
  if (out.form_ != Form::fp8_e8m0 && out.form_ != Form::fp4) return out;

  TRY(const SafeTensor* scale, require(checkpoint, scale_name(name)));
  const bool is_fp4 = out.form_ == Form::fp4;
  const std::uint64_t scale_rows = is_fp4 ? rows : quant::fp8_tiles(rows);
  const std::uint64_t scale_columns =
      is_fp4 ? columns / quant::kFp4Group : quant::fp8_tiles(columns);
  if (!has_shape(*scale, scale_rows, scale_columns)) {
    return wrong_shape(*scale, scale_rows, scale_columns);
  }
  if (scale->type == SafeType::f32 && !is_fp4) {
    out.form_ = Form::fp8_f32;
  } else if (scale->type != SafeType::f8_e8m0) {
    return fail(Code::unsupported, "tensor ", scale->name, " of the checkpoint has dtype ",
                name_of(scale->type), ", expected F8_E8M0");
  }
  out.scales_ = scale->data.data();
  out.scale_row_bytes_ = scale_columns * gguf::bytes_of(scale->type);
  return out;
}

const std::byte* SourceMatrix::row_scales(std::uint64_t row) const {
  const std::uint64_t scale_row = form_ == Form::fp4 ? row : row / quant::kFp8Tile;
  return scales_ + scale_row * scale_row_bytes_;
}

void SourceMatrix::read_row(std::uint64_t row, float* out) const {
  const std::byte* data = row_data(row);
  switch (form_) {
    case Form::f32:
      quant::decode_row(quant::Type::f32, data, out, columns_);
      return;
    case Form::f16:
      quant::decode_row(quant::Type::f16, data, out, columns_);
      return;
    case Form::bf16:
      quant::decode_row(quant::Type::bf16, data, out, columns_);
      return;
    case Form::fp8_e8m0:
      quant::decode_fp8_row(data, quant::TileScale::e8m0, row_scales(row), columns_, out);
      return;
    case Form::fp8_f32:
      quant::decode_fp8_row(data, quant::TileScale::f32, row_scales(row), columns_, out);
      return;
    case Form::fp4:
      quant::decode_fp4_row(data, row_scales(row), columns_, out);
      return;
  }
}

void SourceMatrix::repack_row(std::uint64_t row, std::byte* blocks) const {
  CHECK(form_ == Form::fp4);
  quant::repack_fp4_row(row_data(row), row_scales(row), columns_, blocks);
}

Result<void> read_token_table(const gguf::Checkpoint& checkpoint, const model::TensorSpec& spec,
                              std::uint32_t experts, std::int32_t* out) {
  TRY(const SafeTensor* tensor, require(checkpoint, spec.official));
  if (!has_shape(*tensor, spec.dims[1], spec.dims[0])) {
    return wrong_shape(*tensor, spec.dims[1], spec.dims[0]);
  }
  const bool wide = tensor->type == SafeType::i64;
  if (!wide && tensor->type != SafeType::i32) {
    return fail(Code::unsupported, "tensor ", tensor->name, " of the checkpoint has dtype ",
                name_of(tensor->type), ", expected I64 or I32");
  }
  for (std::uint64_t i = 0; i < spec.elements(); ++i) {
    const std::int64_t id = wide ? load<std::int64_t>(tensor->data.data() + 8 * i)
                                 : load<std::int32_t>(tensor->data.data() + 4 * i);
    if (id < 0 || id >= static_cast<std::int64_t>(experts)) {
      return fail(Code::bad_file, "tensor ", tensor->name, " of the checkpoint names expert ", id,
                  " for token ", i / spec.dims[0], "; the model has ", experts);
    }
    out[i] = static_cast<std::int32_t>(id);
  }
  return {};
}

std::string official_name(const model::TensorSpec& spec, std::uint64_t expert) {
  std::string name = spec.official;
  const std::size_t mark = name.find('%');
  if (mark != std::string::npos) name.replace(mark, 1, std::to_string(expert));
  return name;
}

}  // namespace ds4::convert
