#include "model/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "model/model_file.h"
#include "model/test_model.h"

namespace ds4::model {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Shape test_shape() {
  return *read_shape(TestKeys().metadata());
}

// Binds after `change` and returns the message.
template <class Change>
std::string error(Change change) {
  const Shape shape = test_shape();
  TestTensors tensors(main_tensors(shape));
  change(tensors);
  const auto bound = bind_model(tensors, shape);
  return bound.ok() ? "bound" : bound.error().message;
}

TEST(weights, every_tensor_is_bound_to_its_field) {
  const Shape shape = test_shape();
  TestTensors tensors(main_tensors(shape));
  const auto weights = bind_model(tensors, shape);
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  ASSERT_EQ(weights->layers.size(), 3u);
  EXPECT_EQ(weights->embedding.columns, 64u);
  EXPECT_EQ(weights->embedding.rows, 96u);
  const LayerWeights& window = weights->layers[0];
  EXPECT_TRUE(window.experts.token_table.present());
  EXPECT_FALSE(window.experts.bias.present());
  EXPECT_FALSE(window.compressor.ape.present());
  const LayerWeights& indexed = weights->layers[1];
  EXPECT_EQ(indexed.compressor.key.rows, 256u);
  EXPECT_EQ(indexed.indexer.query_b.rows, 128u);
  EXPECT_EQ(indexed.indexer.compressor.norm.columns, 64u);
  EXPECT_TRUE(indexed.experts.bias.present());
  const LayerWeights& whole = weights->layers[2];
  EXPECT_EQ(whole.compressor.key.rows, 128u);
  EXPECT_EQ(whole.compressor.ape.rows, 128u);
  EXPECT_FALSE(whole.indexer.query_b.present());
  EXPECT_EQ(whole.experts.down.count, 8u);
  EXPECT_EQ(whole.experts.down.columns, 32u);
  EXPECT_EQ(whole.attention.output_a.columns, 256u);
  EXPECT_EQ(whole.attention_mix.fn.rows, 24u);
}

TEST(weights, missing_and_wrong_tensors_are_named) {
  EXPECT_EQ(error([](TestTensors&) {}), "bound");
  EXPECT_EQ(error([](TestTensors& t) { t.drop("blk.1.attn_q_a.weight"); }),
            "required tensor is missing: blk.1.attn_q_a.weight");
  EXPECT_EQ(error([](TestTensors& t) { t.drop("blk.1.exp_probs_b.bias"); }), "bound");
  EXPECT_EQ(error([](TestTensors& t) { t.at("output.weight").dims[1] = 95; }),
            "tensor output.weight has dim[1]=95, expected 96");
  EXPECT_EQ(error([](TestTensors& t) { t.at("output_norm.weight").dims[1] = 2; }),
            "tensor output_norm.weight has dim[1]=2, expected 1");
  EXPECT_EQ(error([](TestTensors& t) { t.at("output_norm.weight").type = quant::Type::q8_0; }),
            "tensor output_norm.weight has type Q8_0, expected F32 (or F16)");
  EXPECT_EQ(
      error([](TestTensors& t) { t.at("output.weight").type = static_cast<quant::Type>(14); }),
      "tensor output.weight has type Q6_K, expected F32, F16, BF16, Q8_0, Q4_K, Q2_K, "
      "IQ2_XXS or MXFP4");
  EXPECT_EQ(error([](TestTensors& t) { t.at("blk.2.ffn_up_exps.weight").type = quant::Type::f16; }),
            "routed gate/up experts of layer 2 use different types (F32 and F16)");
  EXPECT_EQ(error([](TestTensors& t) { t.at("blk.2.ffn_up_exps.weight").dims[2] = 6; }),
            "tensor blk.2.ffn_up_exps.weight holds 6 experts, expected 8 (pruned models are not "
            "supported)");
}

TEST(weights, all_problems_are_listed_up_to_a_limit) {
  const std::string message = error([](TestTensors& t) {
    for (const auto& spec : main_tensors(test_shape())) {
      if (spec.layer == 1 && spec.role != Role::routed) t.drop(spec.name);
    }
  });
  EXPECT_THAT(message, StartsWith("required tensor is missing: blk.1.hc_attn_fn.weight\n"));
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 20);
  EXPECT_THAT(message, HasSubstr("\nand "));
}

TEST(weights, a_file_of_some_layers_says_which_it_holds) {
  const std::string message = error([](TestTensors& t) {
    for (const auto& spec : main_tensors(test_shape())) {
      if (spec.layer == 2) t.drop(spec.name);
    }
  });
  EXPECT_THAT(message, StartsWith("layer 2 is not in this file (holds 0..1)\n"));
}

TEST(weights, names_of_other_converters_are_explained) {
  const std::string message = error([](TestTensors& t) {
    for (const char* part : {"fn", "base", "scale"}) {
      const std::string ours = "output_hc_" + std::string(part) + ".weight";
      t.put("hc_head_" + std::string(part), t.at(ours));
      t.drop(ours);
    }
  });
  EXPECT_THAT(message, StartsWith("tensor hc_head_fn is not of this format; the file was converted "
                                  "by another tool"));
}

TEST(weights, drafters_bind_too) {
  const Shape shape = test_shape();
  TestTensors mtp(mtp_tensors(shape));
  ASSERT_TRUE(bind_mtp(mtp, shape).ok());
  mtp.drop("mtp.0.exp_probs_b.bias");
  EXPECT_EQ(bind_mtp(mtp, shape).error().message,
            "required tensor is missing: mtp.0.exp_probs_b.bias");

  const DsparkShape dspark{3, 5, 32, 95, {0, 1, 2}};
  TestTensors stages(dspark_tensors(shape, dspark));
  const auto bound = bind_dspark(stages, shape, dspark);
  ASSERT_TRUE(bound.ok()) << bound.error().message;
  EXPECT_EQ(bound->stages.size(), 3u);
  EXPECT_EQ(bound->main_projection.columns, 3u * 64);
  EXPECT_EQ(bound->confidence.columns, 64u + 32);
  stages.at("mtp.2.markov_head.markov_w1.weight").dims[0] = 64;
  EXPECT_THAT(bind_dspark(stages, shape, dspark).error().message,
              HasSubstr("markov_w1.weight has dim[0]=64, expected 32"));
}

TEST(weights, dspark_keys_are_checked) {
  const Shape shape = test_shape();
  const auto error_of = [&](auto change) {
    TestKeys keys;
    keys.set("dspark.stage_count", 3u);
    keys.set("dspark.n_layers", 3u);
    keys.set("dspark.block_size", 5u);
    keys.set("dspark.markov_rank", 32u);
    keys.set("dspark.noise_token_id", 95u);
    keys.set_list("dspark.target_layer_ids", {0, 1, 2});
    change(keys);
    const auto read = read_dspark_shape(keys.metadata(), shape);
    return read.ok() ? "read" : read.error().message;
  };
  EXPECT_EQ(error_of([](TestKeys&) {}), "read");
  EXPECT_THAT(error_of([](TestKeys& k) { k.set("dspark.stage_count", 5u); }),
              HasSubstr("1 to 4 stages"));
  EXPECT_THAT(error_of([](TestKeys& k) { k.set("dspark.n_layers", 2u); }),
              HasSubstr("equal to dspark.stage_count"));
  EXPECT_THAT(error_of([](TestKeys& k) { k.set("dspark.block_size", 17u); }),
              HasSubstr("2 to 16 tokens"));
  EXPECT_THAT(error_of([](TestKeys& k) { k.set("dspark.markov_rank", 48u); }),
              HasSubstr("multiple of 32"));
  EXPECT_THAT(error_of([](TestKeys& k) { k.set("dspark.noise_token_id", 96u); }),
              HasSubstr("below vocab_size"));
  EXPECT_THAT(error_of([](TestKeys& k) {
                k.set_list("dspark.target_layer_ids", {1, 1});
              }),
              HasSubstr("strictly increasing"));
}

TEST(weights, expert_ids_of_the_token_table_are_checked) {
  const Shape shape = test_shape();
  TestTensors tensors(main_tensors(shape));
  auto weights = *bind_model(tensors, shape);
  EXPECT_TRUE(check_token_tables(weights, shape).ok());
  std::vector<std::int32_t> table(shape.vocabulary * shape.experts_used, 7);
  weights.layers[0].experts.token_table.data = reinterpret_cast<const std::byte*>(table.data());
  EXPECT_TRUE(check_token_tables(weights, shape).ok());
  for (const std::int32_t bad : {8, -1}) {
    table[11] = bad;
    EXPECT_THAT(check_token_tables(weights, shape).error().message,
                StartsWith("token-to-expert table of layer 0 has an invalid expert id (" +
                           std::to_string(bad) + " for token 5"));
  }
}

}  // namespace
}  // namespace ds4::model
