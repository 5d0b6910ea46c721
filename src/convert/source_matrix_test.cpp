#include "convert/source_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "quant/codec.h"
#include "tests/golden_checkpoint.h"

namespace ds4::convert {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string quant_vector(const std::string& name) {
  return tests::read_text(std::string(DS4_SOURCE_DIR "/tests/vectors/quant/") + name);
}

struct Stored {
  std::string name, type;
  std::vector<std::uint64_t> shape;
  std::string bytes;
};

class source_matrix : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (fs::temp_directory_path() /
             ("ds4_source_" +
              std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
              ".safetensors"))
                .string();
  }
  void TearDown() override { fs::remove(path_); }

  void write(const std::vector<Stored>& tensors) {
    Json header = Json::object();
    std::string data;
    for (const Stored& tensor : tensors) {
      Json entry = Json::object();
      entry.set("dtype", tensor.type);
      Json shape = Json::array();
      for (const std::uint64_t size : tensor.shape) shape.push(size);
      entry.set("shape", std::move(shape));
      Json offsets = Json::array();
      offsets.push(static_cast<std::uint64_t>(data.size()));
      data += tensor.bytes;
      offsets.push(static_cast<std::uint64_t>(data.size()));
      entry.set("data_offsets", std::move(offsets));
      header.set(tensor.name, std::move(entry));
    }
    const std::string head = to_text(header);
    const std::uint64_t head_bytes = head.size();
    std::ofstream out(path_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&head_bytes), 8);
    out << head << data;
    out.close();
    auto opened = gguf::Checkpoint::open(path_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    checkpoint_ = std::move(*opened);
  }

  std::string error(std::uint64_t columns, std::uint64_t rows) {
    const auto found = SourceMatrix::find(checkpoint_, "x.weight", columns, rows);
    return found.ok() ? "found" : found.error().message;
  }

  std::string path_;
  gguf::Checkpoint checkpoint_;
};

// The whole matrix, row by row, as bytes of f32.
std::string read_all(const SourceMatrix& matrix) {
  std::vector<float> values(matrix.columns() * matrix.rows());
  for (std::uint64_t r = 0; r < matrix.rows(); ++r) {
    matrix.read_row(r, values.data() + r * matrix.columns());
  }
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

TEST_F(source_matrix, fp8_with_tile_scales_is_the_golden_matrix) {
  write({{"x.weight", "F8_E4M3", {256, 384}, quant_vector("fp8_b128.weight.bin")},
         {"x.scale", "F8_E8M0", {2, 3}, quant_vector("fp8_b128.scale.bin")}});
  const auto matrix = SourceMatrix::find(checkpoint_, "x.weight", 384, 256);
  ASSERT_TRUE(matrix.ok()) << matrix.error().message;
  EXPECT_EQ(read_all(*matrix), quant_vector("fp8_b128.f32.bin"));
}

TEST_F(source_matrix, fp8_of_base_checkpoints_has_f32_scales) {
  std::string scales;
  for (const char exponent : quant_vector("fp8_b128.scale.bin")) {
    const float scale = std::ldexp(1.0f, static_cast<std::uint8_t>(exponent) - 127);
    scales.append(reinterpret_cast<const char*>(&scale), 4);
  }
  write({{"x.weight", "F8_E4M3", {256, 384}, quant_vector("fp8_b128.weight.bin")},
         {"x.scale", "F32", {2, 3}, scales}});
  const auto matrix = SourceMatrix::find(checkpoint_, "x.weight", 384, 256);
  ASSERT_TRUE(matrix.ok()) << matrix.error().message;
  EXPECT_EQ(read_all(*matrix), quant_vector("fp8_b128.f32.bin"));
}

TEST_F(source_matrix, fp4_is_the_golden_matrix_and_repacks_without_loss) {
  write({{"x.weight", "I8", {16, 128}, quant_vector("fp4_b32.weight.bin")},
         {"x.scale", "F8_E8M0", {16, 8}, quant_vector("fp4_b32.scale.bin")}});
  const auto matrix = SourceMatrix::find(checkpoint_, "x.weight", 256, 16);
  ASSERT_TRUE(matrix.ok()) << matrix.error().message;
  EXPECT_TRUE(matrix->is_fp4());
  EXPECT_EQ(read_all(*matrix), quant_vector("fp4_b32.f32.bin"));

  std::string blocks(16 * quant::row_bytes(quant::Type::mxfp4, 256), '\0');
  for (std::uint64_t r = 0; r < 16; ++r) {
    matrix->repack_row(r, reinterpret_cast<std::byte*>(blocks.data()) + r * 8 * 17);
  }
  EXPECT_EQ(blocks, quant_vector("fp4_b32.mxfp4_blocks.bin"));
}

TEST_F(source_matrix, plain_types_widen) {
  const std::string ones_bf16("\x80\x3f\x80\x3f", 4), ones_f16("\x00\x3c\x00\x3c", 4);
  const float one[] = {1, 1};
  const std::string expected(reinterpret_cast<const char*>(one), 8);
  write({{"x.weight", "BF16", {1, 2}, ones_bf16}});
  EXPECT_EQ(read_all(*SourceMatrix::find(checkpoint_, "x.weight", 2, 1)), expected);
  write({{"x.weight", "F16", {2}, ones_f16}});
  EXPECT_EQ(read_all(*SourceMatrix::find(checkpoint_, "x.weight", 2, 1)), expected);
}

TEST_F(source_matrix, what_does_not_fit_is_named) {
  const std::string zeros(64, '\0');
  write({{"x.weight", "F32", {2, 8}, zeros}});
  EXPECT_EQ(error(8, 2), "found");
  EXPECT_EQ(error(2, 8), "tensor x.weight of the checkpoint has shape [2, 8], expected [8, 2]");
  EXPECT_EQ(SourceMatrix::find(checkpoint_, "y", 1, 1).error().message,
            "tensor y is not in the checkpoint");
  write({{"x.weight", "I64", {2, 4}, zeros}});
  EXPECT_THAT(error(4, 2), HasSubstr("has dtype I64"));
  write({{"x.weight", "I8", {2, 32}, zeros}});
  EXPECT_EQ(error(64, 2), "tensor x.scale is not in the checkpoint");
  write({{"x.weight", "I8", {2, 32}, zeros}, {"x.scale", "F8_E8M0", {2, 3}, "abcdef"}});
  EXPECT_EQ(error(64, 2), "tensor x.scale of the checkpoint has shape [2, 3], expected [2, 2]");
  write({{"x.weight", "F8_E4M3", {8, 8}, zeros}, {"x.scale", "BF16", {1, 1}, "ab"}});
  EXPECT_THAT(error(8, 8), HasSubstr("has dtype BF16, expected F8_E8M0"));
}

TEST_F(source_matrix, token_tables_are_checked) {
  model::TensorSpec spec;
  spec.official = "t";
  spec.dims = {2, 2, 1};
  const auto read = [&](std::vector<std::int64_t> ids) {
    write({{"t", "I64", {2, 2}, {reinterpret_cast<const char*>(ids.data()), ids.size() * 8}}});
    std::vector<std::int32_t> out(4);
    const auto result = read_token_table(checkpoint_, spec, 8, out.data());
    return result.ok() ? std::to_string(out[3]) : result.error().message;
  };
  EXPECT_EQ(read({0, 1, 2, 7}), "7");
  EXPECT_EQ(read({0, 1, 2, 8}),
            "tensor t of the checkpoint names expert 8 for token 1; the model has 8");
  EXPECT_THAT(read({0, -1, 2, 3}), HasSubstr("names expert -1 for token 0"));
}

}  // namespace
}  // namespace ds4::convert
