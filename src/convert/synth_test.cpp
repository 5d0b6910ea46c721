#include "convert/synth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <unordered_map>

#include "convert/random_blocks.h"
#include "model/model_file.h"
#include "quant/codec.h"
#include "tests/golden_checkpoint.h"

namespace ds4::convert {
namespace {

namespace fs = std::filesystem;

class synth : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() /
        ("ds4_synth_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string make(const std::string& name, const model::Shape& shape, SynthOptions options) const {
    const std::string path = (folder_ / name).string();
    const auto plan = Synthesis::plan(shape, std::move(options));
    EXPECT_TRUE(plan.ok()) << plan.error().message;
    if (!plan.ok()) return path;
    const auto done = plan->run(path, {});
    EXPECT_TRUE(done.ok()) << done.error().message;
    return path;
  }

  fs::path folder_;
};

TEST_F(synth, bytes_depend_on_shape_seed_and_recipe_alone) {
  const model::Shape shape = *synthetic_shape("tiny", 4);
  const auto bytes = [&](const std::string& name, std::uint64_t seed, int threads) {
    SynthOptions options;
    options.seed = seed;
    options.threads = threads;
    return tests::read_text(make(name, shape, options));
  };
  const std::string one = bytes("one", 1, 1);
  EXPECT_EQ(one, bytes("four", 1, 4));
  EXPECT_NE(one, bytes("other", 2, 1));
}

TEST_F(synth, every_recipe_opens_as_a_model) {
  const model::Shape shape = *synthetic_shape("tiny", 0);
  for (const Recipe recipe :
       {Recipe::f32, Recipe::bf16, Recipe::q8, Recipe::q4, Recipe::q2, Recipe::mxfp4}) {
    SynthOptions options;
    options.recipe.base = recipe;
    options.with_drafter = recipe == Recipe::q2;
    const std::string path = make(std::string(name_of(recipe)), shape, options);
    const auto opened = model::ModelFile::open(path);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_TRUE(opened->vocabulary().has_value());
    EXPECT_EQ(opened->mtp().has_value(), options.with_drafter);
    EXPECT_EQ(opened->unknown_tensors(), 0u);
  }
}

TEST_F(synth, read_and_written_again_gives_the_same_bytes) {
  const std::string path = make("a.gguf", *synthetic_shape("tiny", 3), {});
  const auto file = gguf::File::open(path);
  ASSERT_TRUE(file.ok());
  gguf::MetadataBytes keys;
  for (const gguf::Entry& entry : file->metadata().entries()) keys.put(entry);
  std::vector<gguf::TensorPlan> plans;
  for (const gguf::Tensor& tensor : file->tensors()) {
    plans.push_back({.name = std::string(tensor.name),
                     .dims = tensor.dims,
                     .rank = tensor.rank,
                     .type = tensor.type});
  }
  const std::string again = (folder_ / "b.gguf").string();
  auto writer = gguf::Writer::create(again, *gguf::plan_layout(keys, plans));
  ASSERT_TRUE(writer.ok());
  for (std::size_t t = 0; t < plans.size(); ++t) {
    ASSERT_TRUE(writer->write(t, 0, file->data(file->tensors()[t])).ok());
  }
  ASSERT_TRUE(writer->finish().ok());
  EXPECT_EQ(tests::read_text(path), tests::read_text(again));
}

TEST(synthetic_shape, layers_are_cut_or_continued) {
  EXPECT_EQ(synthetic_shape("flash", 4)->ratios, (std::vector<std::uint32_t>{0, 0, 4, 128}));
  EXPECT_EQ(synthetic_shape("pro", 3)->ratios, (std::vector<std::uint32_t>{128, 128, 4}));
  EXPECT_EQ(synthetic_shape("flash", 0)->layers, 43u);
  EXPECT_EQ(synthetic_shape("flash", 45)->ratios.back(), 4u);
  EXPECT_EQ(synthetic_shape("flash", 2)->hash_layers, 2u);
  const auto golden = synthetic_shape(tests::golden_model_folder("A") + "/config.json", 0);
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  EXPECT_EQ(golden->width, 256u);
  EXPECT_THAT(synthetic_shape("flesh", 0).error().message,
              testing::HasSubstr("unknown shape 'flesh'"));
}

// The stand-in must pass for V4's own vocabulary: its size, its ids, its merges.
TEST(synthetic_shape, stand_in_vocabulary_has_the_layout_of_the_real_one) {
  const auto plan = Synthesis::plan(*synthetic_shape("flash", 1), {});
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  // Keys and directory are the whole header; a container without tensors is a vocabulary.
  const auto header = std::as_bytes(std::span(plan->layout().header));
  std::uint64_t key_count = 0;
  std::memcpy(&key_count, header.data() + 16, 8);
  const auto keys = gguf::parse_metadata(header.subspan(24), key_count);
  ASSERT_TRUE(keys.ok()) << keys.error().message;
  const auto tokens = *keys->texts("tokenizer.ggml.tokens");
  const auto merges = *keys->texts("tokenizer.ggml.merges");
  ASSERT_EQ(tokens.size(), 129280u);
  ASSERT_EQ(merges.size(), 127741u);
  EXPECT_EQ(tokens[128803], "<｜User｜>");
  EXPECT_EQ(tokens[128825], "｜DSML｜");
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const std::size_t space = merges[i].find(' ');
    ASSERT_EQ(std::string(merges[i].substr(0, space)) + std::string(merges[i].substr(space + 1)),
              tokens[259 + i]);
  }
  const std::unordered_map<std::string_view, int> unique = [&] {
    std::unordered_map<std::string_view, int> out;
    for (const auto& token : tokens) ++out[token];
    return out;
  }();
  EXPECT_EQ(unique.size(), tokens.size());
}

// Decoded, every format has mean zero and the wanted spread.
TEST(random_blocks, values_have_the_wanted_spread) {
  constexpr float kDeviation = 0.02f;
  constexpr std::size_t kValues = 1 << 18;
  for (const quant::Type type :
       {quant::Type::f32, quant::Type::f16, quant::Type::bf16, quant::Type::q8_0, quant::Type::q2_k,
        quant::Type::q4_k, quant::Type::iq2_xxs, quant::Type::mxfp4}) {
    const quant::TypeInfo& format = quant::info(type);
    std::vector<std::byte> blocks(quant::row_bytes(type, kValues));
    fill_random_blocks(type, RandomWords(7, "x"), {0, kDeviation}, 0,
                       kValues / format.block_elements, blocks.data());
    std::vector<float> values(kValues);
    quant::decode_row(type, blocks.data(), values.data(), kValues);
    double sum = 0, square = 0;
    for (const float value : values) {
      ASSERT_TRUE(std::isfinite(value));
      sum += value;
      square += static_cast<double>(value) * value;
    }
    const double deviation = std::sqrt(square / kValues);
    EXPECT_NEAR(sum / kValues, 0, 0.02 * kDeviation) << format.name;
    // MXFP4 scales are powers of two, so it only comes within a factor of the root of two.
    const double slack = type == quant::Type::mxfp4 ? 0.42 : 0.03;
    EXPECT_NEAR(deviation / kDeviation, 1, slack) << format.name;
  }
}

TEST(random_blocks, any_split_gives_the_same_bytes) {
  for (const quant::Type type : {quant::Type::f16, quant::Type::q2_k, quant::Type::iq2_xxs}) {
    const std::size_t bytes = quant::info(type).block_bytes;
    std::vector<std::byte> whole(100 * bytes), parts(100 * bytes);
    const RandomWords words(3, "tensor");
    fill_random_blocks(type, words, {}, 0, 100, whole.data());
    fill_random_blocks(type, words, {}, 0, 33, parts.data());
    fill_random_blocks(type, words, {}, 33, 67, parts.data() + 33 * bytes);
    EXPECT_EQ(whole, parts);
  }
}

}  // namespace
}  // namespace ds4::convert
