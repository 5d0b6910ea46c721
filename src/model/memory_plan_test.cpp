#include "model/memory_plan.h"

#include <gtest/gtest.h>

namespace ds4::model {
namespace {

// The weights of the published two-bit recipe, from the inventory alone.
std::vector<WeightBytes> two_bit_weights(const Shape& shape) {
  std::vector<WeightBytes> out;
  for (const TensorSpec& spec : main_tensors(shape)) {
    quant::Type type = quant::Type::f32;
    if (spec.storage == Storage::table) type = quant::Type::i32;
    if (spec.storage == Storage::matrix) {
      const bool in_eight_bits =
          spec.role == Role::attention || spec.role == Role::shared || spec.role == Role::head;
      type = in_eight_bits ? quant::Type::q8_0 : quant::Type::f16;
    }
    if (spec.name.find("ape") != std::string::npos) type = quant::Type::f16;
    if (spec.role == Role::routed) {
      type = spec.part == ExpertPart::down ? quant::Type::q2_k : quant::Type::iq2_xxs;
    }
    const std::uint64_t rows = spec.dims[1] * spec.dims[2];
    out.push_back({spec.role, spec.layer, false, rows, spec.dims[2],
                   rows * quant::row_bytes(type, spec.dims[0])});
  }
  return out;
}

Shape first_layers(Shape shape, std::uint32_t layers) {
  shape.layers = layers;
  shape.ratios.resize(layers);
  shape.hash_layers = std::min(shape.hash_layers, layers);
  return shape;
}

// The published figures of the file format, to the byte.
TEST(memory_plan, weights_of_the_published_files) {
  const auto flash = plan_memory(flash_shape(), two_bit_weights(flash_shape()), 4096);
  EXPECT_EQ(flash.weight_bytes(), 86714775900u);
  EXPECT_EQ(flash.routed_bytes, 77913391104u);
  EXPECT_EQ(flash.resident_bytes, 8801384796u);
  const auto pro = plan_memory(pro_shape(), two_bit_weights(pro_shape()), 4096);
  EXPECT_EQ(pro.routed_bytes, 435205177344u);
  EXPECT_EQ(pro.resident_bytes, 29416789388u);
}

TEST(memory_plan, bytes_of_a_decoded_token) {
  const auto flash = plan_memory(flash_shape(), two_bit_weights(flash_shape()), 4096);
  EXPECT_NEAR(static_cast<double>(flash.token_weight_bytes + flash.token_indexer_bytes), 9.56e9,
              0.01e9);
  const Shape four = first_layers(flash_shape(), 4);
  const auto plan = plan_memory(four, two_bit_weights(four), 512);
  EXPECT_NEAR(static_cast<double>(plan.token_weight_bytes), 1.338e9, 0.001e9);
}

TEST(memory_plan, state_grows_by_the_published_figures) {
  EXPECT_EQ(flash_shape().row_bytes(), 584u);
  EXPECT_EQ(flash_shape().index_row_bytes(), 68u);
  const auto at = [](const Shape& s, std::uint64_t n) { return session_state_bytes(s, n); };
  const StateBytes flash = at(flash_shape(), 1 << 20);
  const double per_token = static_cast<double>(flash.rows + flash.index_rows) / (1 << 20);
  EXPECT_NEAR(per_token, 3514, 1);
  EXPECT_LT(flash.total(), std::uint64_t{4} << 30);
  const StateBytes pro = at(pro_shape(), 1 << 20);
  EXPECT_NEAR(static_cast<double>(pro.rows + pro.index_rows) / (1 << 20), 5031, 1);
}

TEST(memory_plan, a_long_context_reads_more_rows_than_a_short_one) {
  const auto weights = two_bit_weights(flash_shape());
  const auto plan = plan_memory(flash_shape(), weights, 1 << 20);
  // The indexer alone scans 374 MB at a million tokens.
  EXPECT_GT(plan.token_row_bytes, 374e6);
  EXPECT_LT(plan.token_row_bytes, 600e6);
  EXPECT_LT(plan_memory(flash_shape(), weights, 128).token_row_bytes, 5e6);
}

TEST(inventory, census_of_the_published_files) {
  const auto census = [](const Shape& shape) {
    std::size_t vectors = 0, tables = 0, routed = 0;
    const auto specs = main_tensors(shape);
    for (const TensorSpec& spec : specs) {
      tables += spec.storage == Storage::table;
      routed += spec.role == Role::routed;
      vectors += spec.storage == Storage::vector && spec.rank == 1;
    }
    return std::tuple(specs.size(), vectors, tables, routed);
  };
  EXPECT_EQ(census(flash_shape()), std::tuple(1328u, 492u, 3u, 129u));
  EXPECT_EQ(census(pro_shape()), std::tuple(1894u, 701u, 3u, 183u));
  EXPECT_EQ(mtp_tensors(flash_shape()).size(), 32u);
  DsparkShape dspark{3, 5, 256, 128799, {40, 41, 42}};
  EXPECT_EQ(dspark_tensors(flash_shape(), dspark).size(), 81u);
}

}  // namespace
}  // namespace ds4::model
