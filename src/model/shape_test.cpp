#include "model/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/test_model.h"

namespace ds4::model {
namespace {

using testing::HasSubstr;

TEST(shape, is_read_from_the_keys) {
  TestKeys keys;
  const auto shape = read_shape(keys.metadata());
  ASSERT_TRUE(shape.ok()) << shape.error().message;
  EXPECT_EQ(shape->layers, 3u);
  EXPECT_EQ(shape->ratios, (std::vector<std::uint32_t>{0, 4, 128}));
  EXPECT_EQ(shape->expert_clamps, (std::vector<float>{10, 10, 10}));
  EXPECT_EQ(shape->shared_clamps, shape->expert_clamps);
  EXPECT_EQ(shape->revision, TemplateRevision::r0731);
  EXPECT_EQ(shape->row_bytes(), 64u + 1 + 128 + 7);  // padded to a multiple of 8
}

TEST(shape, uses_the_epsilon_of_the_file) {
  TestKeys keys;
  keys.set("deepseek4.attention.layer_norm_rms_epsilon", 1e-20f);
  EXPECT_EQ(read_shape(keys.metadata())->norm_epsilon, 1e-20f);
}

// Every rule, broken once: the key, the value that breaks it, words of the sentence.
struct Broken {
  const char* key;
  std::uint32_t value;
  const char* words;
};

TEST(shape, each_rule_has_its_sentence) {
  const Broken cases[] = {
      {"attention.head_count_kv", 2, "all heads share one key"},
      {"attention.value_length", 64, "value_length is equal to key_length"},
      {"attention.head_count", 3, "head_count 3 is not divisible by output_group_count 2"},
      {"rope.dimension_count", 63, "it must be even"},
      {"rope.dimension_count", 128, "below key_length 128"},
      {"rope.dimension_count", 66, "at most indexer.key_length 64"},
      {"rope.dimension_count", 32, "must be a multiple of 64"},
      {"attention.indexer.key_length", 96, "power of two of at least 32"},
      {"hyper_connection.count", 2, "4 residual streams"},
      {"expert_shared_count", 2, "1 shared expert"},
      {"expert_gating_func", 2, "only 4"},
      {"expert_group_count", 1, "experts are not grouped"},
      {"expert_used_count", 9, "more than expert_count 8"},
      {"hash_layer_count", 4, "more than block_count"},
      {"embedding_length", 0, "at least 1"},
      {"attention.indexer.top_k", 0, "at least 1"},
      {"rope.scaling.original_context_length", 0, "from 1 to"},
  };
  for (const Broken& broken : cases) {
    TestKeys keys;
    keys.set("deepseek4." + std::string(broken.key), broken.value);
    const auto shape = read_shape(keys.metadata());
    ASSERT_FALSE(shape.ok()) << broken.key << "=" << broken.value;
    EXPECT_THAT(shape.error().message, HasSubstr(broken.words)) << broken.key;
    EXPECT_THAT(shape.error().message, HasSubstr(" is not possible: ")) << broken.key;
  }
}

TEST(shape, every_required_key_is_missed_by_name) {
  TestKeys all;
  for (const gguf::Entry& entry : all.metadata().entries()) {
    const std::string key(entry.key);
    // These have a meaning when they are absent.
    if (key == "general.architecture" || key == "deepseek4.context_length" ||
        key == "deepseek4.rope.scaling.type" || key == "deepseek4.expert_gating_func") {
      continue;
    }
    TestKeys keys;
    keys.drop(key);
    const auto shape = read_shape(keys.metadata());
    ASSERT_FALSE(shape.ok()) << key;
    EXPECT_THAT(shape.error().message, HasSubstr("required metadata key is missing: " + key));
  }
}

TEST(shape, wrong_kinds_and_impossible_numbers) {
  const auto error = [](auto change) {
    TestKeys keys;
    change(keys);
    const auto shape = read_shape(keys.metadata());
    return shape.ok() ? "read" : shape.error().message;
  };
  EXPECT_EQ(error([](TestKeys& k) { k.set("deepseek4.block_count", 3.0f); }),
            "metadata key deepseek4.block_count has type f32, expected integer");
  EXPECT_EQ(error([](TestKeys& k) { k.set("deepseek4.expert_weights_norm", 1u); }),
            "metadata key deepseek4.expert_weights_norm has type u32, expected bool");
  EXPECT_THAT(error([](TestKeys& k) { k.set("deepseek4.attention.layer_norm_rms_epsilon", 0.0f); }),
              HasSubstr("between 0 and 1e-4"));
  EXPECT_THAT(
      error([](TestKeys& k) { k.set("deepseek4.attention.layer_norm_rms_epsilon", 1e-3f); }),
      HasSubstr("between 0 and 1e-4"));
  EXPECT_THAT(error([](TestKeys& k) {
                k.set("deepseek4.rope.freq_base", std::numeric_limits<float>::infinity());
              }),
              HasSubstr("finite"));
  EXPECT_THAT(error([](TestKeys& k) { k.set("deepseek4.rope.scaling.factor", -1.0f); }),
              HasSubstr("greater than 0"));
  EXPECT_THAT(
      error([](TestKeys& k) { k.set("deepseek4.rope.scaling.type", std::string("linear")); }),
      HasSubstr("only yarn is known"));
  EXPECT_EQ(error([](TestKeys& k) {
              k.set_list("deepseek4.attention.compress_ratios", {0, 8, 128});
            }),
            "compression ratio of layer 1 is 8, expected 0, 4 or 128");
  EXPECT_EQ(error([](TestKeys& k) {
              k.set_list("deepseek4.attention.compress_ratios", {0, 4});
            }),
            "deepseek4.attention.compress_ratios is shorter than the layer count (2 of 3)");
  EXPECT_EQ(error([](TestKeys& k) { k.set_reals("deepseek4.swiglu_clamp_exp", {10}); }),
            "deepseek4.swiglu_clamp_exp is shorter than the layer count (1 of 3)");
  EXPECT_EQ(error([](TestKeys& k) { k.set("deepseek4.expert_count", 1u << 20); }),
            "unsupported DeepSeek V4 shape: layers=3 embd=64 heads=4 experts=1048576");
  EXPECT_EQ(error([](TestKeys& k) {
              k.set_list("deepseek4.attention.compress_ratios", {0, 4, 128, 9});
            }),
            "read");  // behind the last layer: a drafter's own business
}

TEST(shape, files_of_other_converters_are_named_as_such) {
  TestKeys swa;
  swa.set("deepseek4.rope.freq_base_swa", 160000.0f);
  EXPECT_THAT(read_shape(swa.metadata()).error().message, HasSubstr("converted by another tool"));
  TestKeys pruned;
  pruned.set("reap.version", 1u);
  EXPECT_THAT(read_shape(pruned.metadata()).error().message, HasSubstr("pruned"));
  TestKeys without;
  without.drop("deepseek4.hyper_connection.epsilon");
  EXPECT_THAT(read_shape(without.metadata()).error().message,
              HasSubstr("converted by another tool"));
}

TEST(shape, architectures_get_their_hint) {
  const auto error = [](const std::string& name) {
    TestKeys keys;
    keys.set("general.architecture", name);
    const auto result = check_architecture(keys.metadata());
    return result.ok() ? "accepted" : result.error().message;
  };
  EXPECT_EQ(error("deepseek4"), "accepted");
  EXPECT_THAT(error("deepseek41"), HasSubstr("V4.1 is a different network"));
  EXPECT_THAT(error("deepseek4_mtp_support"), HasSubstr("pass it with --mtp"));
  EXPECT_THAT(error("deepseek4-dspark"), HasSubstr("pass it with --mtp"));
  EXPECT_THAT(error("deepseek4-vision"), HasSubstr("vision encoder"));
  EXPECT_THAT(error("glm4moe"), HasSubstr("another engine"));
  EXPECT_EQ(error("llama"), "model architecture 'llama' is not DeepSeek V4");
}

TEST(shape, published_shapes_are_recognised) {
  EXPECT_EQ(identify(flash_shape()).name, "Flash");
  EXPECT_EQ(identify(pro_shape()).name, "PRO");
  EXPECT_EQ(flash_shape().layers_of_ratio(0), 2u);
  EXPECT_EQ(flash_shape().layers_of_ratio(4), 21u);
  EXPECT_EQ(flash_shape().layers_of_ratio(128), 20u);
  EXPECT_EQ(pro_shape().layers_of_ratio(4), 30u);
  EXPECT_EQ(pro_shape().layers_of_ratio(128), 31u);
  Shape odd = flash_shape();
  odd.layers = 4;
  odd.ratios.resize(4);
  EXPECT_EQ(identify(odd).name, "another V4 shape");
  EXPECT_THAT(identify(odd).differences, testing::ElementsAre("layers 4 (43)"));
}

}  // namespace
}  // namespace ds4::model
