#include "convert/converter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "convert/compare.h"
#include "gguf/file.h"
#include "model/model_file.h"
#include "tests/golden_checkpoint.h"
#include "text/small_vocabulary.h"
#include "text/tokenizer_json_sample.h"

namespace ds4::convert {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The generator is only as good as its agreement with the weights that are stored.
TEST(golden_checkpoint, generator_gives_the_stored_weights) {
  const auto stored =
      gguf::Checkpoint::open(tests::golden_model_folder("mini") + "/weights.safetensors");
  ASSERT_TRUE(stored.ok()) << stored.error().message;
  const auto golden = tests::read_golden_index("mini");
  ASSERT_EQ(golden.tensors.size(), stored->tensors().size());
  for (const auto& tensor : golden.tensors) {
    const gguf::SafeTensor* expected = stored->find(tensor.name);
    ASSERT_NE(expected, nullptr) << tensor.name;
    if (tensor.is_table()) {
      const auto table = tests::golden_table(golden.seed, tensor);
      const std::vector<std::int32_t> narrow(table.begin(), table.end());
      EXPECT_EQ(std::memcmp(narrow.data(), expected->data.data(), expected->data.size()), 0)
          << tensor.name;
    } else {
      const auto values = tests::golden_values(golden.seed, tensor);
      EXPECT_EQ(std::memcmp(values.data(), expected->data.data(), expected->data.size()), 0)
          << tensor.name;
    }
  }
}

class converter : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("ds4_convert_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string checkpoint(const std::string& model) const {
    const std::string folder = path("checkpoint_" + model);
    if (!fs::exists(folder)) tests::write_golden_checkpoint(model, folder);
    return folder;
  }

  std::string convert(const std::string& model, Recipe recipe, int threads = 0) const {
    ConvertOptions options;
    options.recipe.base = recipe;
    options.threads = threads;
    const auto plan = Conversion::plan(checkpoint(model), options);
    EXPECT_TRUE(plan.ok()) << plan.error().message;
    if (!plan.ok()) return "";
    const std::string out =
        path(model + "_" + std::string(name_of(recipe)) + "_" + std::to_string(threads) + ".gguf");
    const auto done = plan->run(out, {});
    EXPECT_TRUE(done.ok()) << done.error().message;
    EXPECT_EQ(fs::file_size(out), plan->layout().file_bytes);
    return out;
  }

  fs::path folder_;
};

// How far each recipe's routed experts and dense matrices may be from f32.
struct Bounds {
  Recipe recipe;
  double routed, dense;  // relative RMS
};

TEST_F(converter, every_recipe_stays_within_its_bounds) {
  const auto exact = gguf::File::open(convert("A", Recipe::f32));
  ASSERT_TRUE(exact.ok());
  // The golden weights fit F16, BF16 and Q8_0 without loss; random values are the worst case for
  // the searches, whose figures are those of the quantizer's own reference on random input.
  for (const Bounds& bounds :
       {Bounds{Recipe::bf16, 0, 0}, Bounds{Recipe::q8, 0, 0}, Bounds{Recipe::q4, 0.11, 0},
        Bounds{Recipe::q2, 0.66, 0}, Bounds{Recipe::mxfp4, 0.16, 0}}) {
    const std::string out = convert("A", bounds.recipe);
    const auto file = gguf::File::open(out);
    ASSERT_TRUE(file.ok()) << file.error().message;
    const auto comparison = compare(*exact, *file, {});
    ASSERT_TRUE(comparison.ok());
    EXPECT_TRUE(comparison->only_in_a.empty());
    EXPECT_TRUE(comparison->only_in_b.empty());
    EXPECT_TRUE(comparison->other_shape.empty());
    std::map<std::string, Difference> kinds;
    for (const auto& tensor : comparison->tensors) {
      // Routed experts of the drafter count as routed too.
      const bool routed = tensor.name.find("_exps.") != std::string::npos;
      kinds[routed ? "routed" : "dense"].add(tensor.difference);
    }
    EXPECT_LE(kinds["routed"].relative_rms(), bounds.routed) << name_of(bounds.recipe);
    EXPECT_LE(kinds["dense"].relative_rms(), bounds.dense) << name_of(bounds.recipe);
    if (bounds.routed > 0) {
      EXPECT_GT(kinds["routed"].relative_rms(), bounds.routed / 3) << name_of(bounds.recipe);
    }
  }
}

TEST_F(converter, what_it_writes_opens_as_a_model) {
  for (const char* name : {"A", "mini"}) {
    const auto model = model::ModelFile::open(convert(name, Recipe::q2));
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_TRUE(model->mtp().has_value());
    EXPECT_FALSE(model->vocabulary());
    EXPECT_EQ(model->unknown_tensors(), 0u);
  }
  const auto shape = model::ModelFile::open(convert("A", Recipe::f32))->shape();
  EXPECT_EQ(shape.layers, 7u);
  EXPECT_EQ(shape.ratios, (std::vector<std::uint32_t>{0, 0, 4, 128, 4, 128, 4}));
  EXPECT_EQ(shape.hash_layers, 3u);
  EXPECT_EQ(shape.window, 16u);
  EXPECT_EQ(shape.rope_original_tokens, 4096u);
  EXPECT_EQ(shape.expert_clamps.front(), 3.0f);
}

TEST_F(converter, bytes_do_not_depend_on_threads) {
  const std::string one = convert("A", Recipe::q2, 1);
  const std::string four = convert("A", Recipe::q2, 4);
  EXPECT_EQ(tests::read_text(one), tests::read_text(four));
}

TEST_F(converter, values_land_where_the_names_say) {
  const auto file = gguf::File::open(convert("mini", Recipe::f32));
  ASSERT_TRUE(file.ok());
  const auto golden = tests::read_golden_index("mini");
  const auto check = [&](const std::string& ours, const std::string& official, std::size_t offset) {
    const gguf::Tensor* tensor = file->find(ours);
    ASSERT_NE(tensor, nullptr) << ours;
    for (const auto& expected : golden.tensors) {
      if (expected.name != official) continue;
      const auto values = tests::golden_values(golden.seed, expected);
      const std::byte* data = file->data(*tensor).data() + offset * values.size() * 4;
      EXPECT_EQ(std::memcmp(data, values.data(), values.size() * 4), 0) << ours;
      return;
    }
    FAIL() << official;
  };
  check("token_embd.weight", "embed.weight", 0);
  check("output_hc_fn.weight", "hc_head_fn", 0);
  check("blk.1.attn_compressor_ape.weight", "layers.1.attn.compressor.ape", 0);
  check("blk.1.indexer.proj.weight", "layers.1.attn.indexer.weights_proj.weight", 0);
  check("blk.2.ffn_gate_exps.weight", "layers.2.ffn.experts.3.w1.weight", 3);
  check("blk.2.ffn_up_exps.weight", "layers.2.ffn.experts.1.w3.weight", 1);
  check("blk.2.ffn_down_exps.weight", "layers.2.ffn.experts.2.w2.weight", 2);
  check("mtp.0.e_proj.weight", "mtp.0.e_proj.weight", 0);
}

TEST_F(converter, small_rows_fall_back_and_the_plan_says_so) {
  ConvertOptions options;
  options.recipe.base = Recipe::q2;
  const auto plan = Conversion::plan(checkpoint("mini"), options);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  ASSERT_FALSE(plan->notes().empty());
  EXPECT_THAT(plan->notes().front(), HasSubstr("are no multiple of 256 (IQ2_XXS), so Q8_0"));
}

TEST_F(converter, refuses_what_is_no_checkpoint) {
  const auto error = [&](const std::string& folder) {
    const auto plan = Conversion::plan(folder, {});
    return plan.ok() ? "planned" : plan.error().message;
  };
  EXPECT_THAT(error(path("nowhere")), HasSubstr("not a folder"));
  fs::create_directories(path("empty"));
  EXPECT_THAT(error(path("empty")), HasSubstr("config.json"));

  const std::string broken = checkpoint("mini");
  const std::string config = tests::read_text(broken + "/config.json");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = config;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    std::ofstream(broken + "/config.json") << text;
    return error(broken);
  };
  EXPECT_THAT(with("\"hc_mult\": 4", "\"hc_mult\": 2"), HasSubstr("hc_mult=2"));
  EXPECT_THAT(with("\"model_type\": \"deepseek_v4\"", "\"model_type\": \"deepseek_v3\""),
              HasSubstr("is not DeepSeek V4"));
  EXPECT_THAT(with("\"head_dim\"", "\"head_dimension\""), HasSubstr("has no head_dim"));
  EXPECT_THAT(with("{", ""), HasSubstr("invalid JSON"));
  EXPECT_THAT(with("\"n_routed_experts\": ", "\"n_routed_experts\": 1"),
              HasSubstr("is not in the checkpoint"));
}

TEST_F(converter, a_stopped_conversion_leaves_nothing) {
  const std::string folder = checkpoint("mini");
  std::atomic<bool> cancel{true};
  ConvertOptions options;
  options.recipe.base = Recipe::f32;
  options.cancel = &cancel;
  const auto plan = Conversion::plan(folder, options);
  ASSERT_TRUE(plan.ok());
  fs::create_directories(path("out"));
  const auto done = plan->run(path("out/x.gguf"), {});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::cancelled);
  EXPECT_TRUE(fs::is_empty(path("out")));
}

TEST_F(converter, takes_the_tokenizer_beside_the_weights) {
  text::TokenizerFile tokenizer = text::small_vocabulary({{"a", "b"}});
  const auto plan = [&] {
    std::ofstream(checkpoint("A") + "/tokenizer.json")
        << to_text(text::tokenizer_json_of(tokenizer));
    ConvertOptions options;
    options.recipe.base = Recipe::q2;
    return Conversion::plan(checkpoint("A"), options);
  };
  const auto other_size = plan();
  ASSERT_FALSE(other_size.ok());
  EXPECT_EQ(
      other_size.error().message,
      checkpoint("A") + "/tokenizer.json: it has 264 tokens, but config.json says vocab_size=512");

  while (tokenizer.tokens.size() < 512) {
    tokenizer.tokens.push_back("<|reserved " + std::to_string(tokenizer.tokens.size()) + "|>");
    tokenizer.types.push_back(4);
  }
  const auto fitting = plan();
  ASSERT_TRUE(fitting.ok()) << fitting.error().message;
  EXPECT_TRUE(fitting->has_tokenizer());
  const auto model = model::ModelFile::open(convert("A", Recipe::q2));
  ASSERT_TRUE(model.ok()) << model.error().message;
  ASSERT_TRUE(model->vocabulary());
  EXPECT_EQ(model->vocabulary()->bytes(511), "<|reserved 511|>");
}

// One made by hand: two experts, the second with importance of its own.
TEST_F(converter, importance_list_is_read_and_used) {
  const std::string file = path("imatrix.dat");
  const auto put = [](std::string& out, std::int32_t value) {
    out.append(reinterpret_cast<const char*>(&value), 4);
  };
  std::string bytes;
  const std::string name = "blk.0.ffn_gate_exps.weight";
  put(bytes, 1);
  put(bytes, static_cast<std::int32_t>(name.size()));
  bytes += name;
  put(bytes, 2);  // calls: the values are sums over them
  put(bytes, 8);
  for (int i = 0; i < 8; ++i) {
    const float value = static_cast<float>(i);
    bytes.append(reinterpret_cast<const char*>(&value), 4);
  }
  std::ofstream(file, std::ios::binary) << bytes;
  const auto importance = Importance::open(file);
  ASSERT_TRUE(importance.ok()) << importance.error().message;
  const auto second = importance->find(name, "layers.0.x", 1, 4, 2);
  ASSERT_TRUE(second.ok());
  EXPECT_THAT(std::vector<float>(second->begin(), second->end()),
              testing::ElementsAre(2, 2.5f, 3, 3.5f));
  EXPECT_TRUE(importance->find("other", "other", 0, 4, 2)->empty());
  EXPECT_THAT(importance->find(name, "x", 0, 3, 2).error().message, HasSubstr("holds 8 values"));

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::ofstream(file, std::ios::binary) << bytes.substr(0, size);
    EXPECT_FALSE(Importance::open(file).ok()) << size;
  }
}

}  // namespace
}  // namespace ds4::convert
