#include "convert/recipe.h"

#include <gtest/gtest.h>

#include "model/shape.h"

namespace ds4::convert {
namespace {

// The tensor types and sizes of the published two-bit Flash file.
TEST(recipe, two_bit_flash_is_the_published_census) {
  std::map<quant::Type, std::uint64_t> bytes;
  std::map<quant::Type, int> count;
  for (const auto& spec : model::main_tensors(model::flash_shape())) {
    const auto type = choose_type(spec, {.base = Recipe::q2}).type;
    bytes[type] += quant::row_bytes(type, spec.dims[0]) * spec.dims[1] * spec.dims[2];
    ++count[type];
  }
  EXPECT_EQ(count[quant::Type::f32], 492);
  EXPECT_EQ(count[quant::Type::f16], 359);
  EXPECT_EQ(count[quant::Type::q8_0], 345);
  EXPECT_EQ(count[quant::Type::i32], 3);
  EXPECT_EQ(bytes[quant::Type::f16], 2191345664u);
  EXPECT_EQ(bytes[quant::Type::f32], 1845596u);
  EXPECT_EQ(bytes[quant::Type::q8_0], 6598885376u);
  EXPECT_EQ(bytes[quant::Type::i32], 9308160u);
  EXPECT_EQ(bytes[quant::Type::iq2_xxs] + bytes[quant::Type::q2_k], 77913391104u);
}

TEST(recipe, layers_can_differ) {
  RecipeChoice choice{.base = Recipe::q2};
  ASSERT_TRUE(add_layer_override("37-42=q4", choice).ok());
  std::uint64_t routed = 0;
  for (const auto& spec : model::main_tensors(model::flash_shape())) {
    if (spec.role != model::Role::routed) continue;
    routed += quant::row_bytes(choose_type(spec, choice).type, spec.dims[0]) * spec.dims[1] *
              spec.dims[2];
  }
  EXPECT_EQ(routed, 88785027072u);
  ASSERT_TRUE(add_layer_override("0-2,40=q8", choice).ok());
  EXPECT_EQ(choice.of_layer(40), Recipe::q8);
  EXPECT_EQ(choice.of_layer(3), Recipe::q2);
}

TEST(recipe, refuses_what_it_cannot_read) {
  RecipeChoice choice;
  for (const char* bad :
       {"", "q4", "=q4", "1-=q4", "5-3=q4", "a=q4", "1,=q4", "99999=q4", "-1=q4"}) {
    EXPECT_FALSE(add_layer_override(bad, choice).ok()) << bad;
  }
  EXPECT_EQ(parse_recipe("q3").error().message,
            "unknown recipe 'q3' (known: f32, bf16, q8, q4, q2, mxfp4)");
}

TEST(recipe, small_rows_fall_back_and_say_so) {
  model::TensorSpec spec;
  spec.role = model::Role::routed;
  spec.part = model::ExpertPart::gate;
  spec.dims = {96, 32, 4};
  EXPECT_EQ(choose_type(spec, {.base = Recipe::q2}).type, quant::Type::q8_0);
  EXPECT_EQ(choose_type(spec, {.base = Recipe::q2}).wanted, quant::Type::iq2_xxs);
  EXPECT_EQ(choose_type(spec, {.base = Recipe::mxfp4}).wanted, std::nullopt);
  spec.dims[0] = 40;
  EXPECT_EQ(choose_type(spec, {.base = Recipe::q4}).type, quant::Type::f16);
}

}  // namespace
}  // namespace ds4::convert
