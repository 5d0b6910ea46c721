// Drafters in files of their own, beside a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "gguf/writer.h"
#include "model/model_file.h"
#include "model/test_model.h"

namespace ds4::model {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class drafter : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("ds4_drafter_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    shape_ = *read_shape(TestKeys().metadata());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const gguf::Metadata& metadata,
                    const std::vector<TensorSpec>& specs) const {
    gguf::MetadataBytes keys;
    for (const gguf::Entry& entry : metadata.entries()) keys.put(entry);
    std::vector<gguf::TensorPlan> plans;
    for (const TensorSpec& spec : specs) {
      gguf::TensorPlan plan;
      plan.name = spec.name;
      plan.rank = spec.rank;
      std::copy(spec.dims.begin(), spec.dims.end(), plan.dims.begin());
      plan.type = spec.storage == Storage::table ? quant::Type::i32 : quant::Type::f32;
      plans.push_back(plan);
    }
    const std::string path = (folder_ / name).string();
    auto writer = gguf::Writer::create(path, *gguf::plan_layout(keys, plans));
    EXPECT_TRUE(writer.ok()) << writer.error().message;
    const auto finished = writer->finish();
    EXPECT_TRUE(finished.ok()) << finished.error().message;
    return path;
  }

  ModelFile model(TestKeys keys = TestKeys()) const {
    keys.set("tokenizer.ggml.model", std::string("none"));
    auto opened = ModelFile::open(write("model.gguf", keys.metadata(), main_tensors(shape_)));
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(*opened);
  }

  std::string error(const std::string& path, const ModelFile& of) const {
    const auto opened = open_drafter(path, of);
    return opened.ok() ? "opened" : opened.error().message;
  }

  fs::path folder_;
  Shape shape_;
};

TEST_F(drafter, legacy_mtp_file_goes_with_its_model) {
  const ModelFile main = model();
  TestKeys keys;
  keys.set("general.architecture", std::string("deepseek4_mtp_support"));
  const std::string path = write("mtp.gguf", keys.metadata(), mtp_tensors(shape_));
  EXPECT_EQ(error(path, main), "opened");
  keys.set("deepseek4.expert_count", 9u);
  EXPECT_THAT(error(write("mtp.gguf", keys.metadata(), mtp_tensors(shape_)), main),
              HasSubstr("draft file is for a model of 9 experts, model has 8"));
  EXPECT_THAT(error(main.file().part(0).path(), main), HasSubstr("is not a drafter"));
}

TEST_F(drafter, dspark_file_must_be_of_the_same_checkpoint) {
  TestKeys keys;
  keys.set("general.architecture", std::string("deepseek4-dspark"));
  keys.set("dspark.stage_count", 3u);
  keys.set("dspark.n_layers", 3u);
  keys.set("dspark.block_size", 5u);
  keys.set("dspark.markov_rank", 32u);
  keys.set("dspark.noise_token_id", 95u);
  keys.set_list("dspark.target_layer_ids", {0, 1, 2});
  const DsparkShape dspark{3, 5, 32, 95, {0, 1, 2}};
  const std::string path = write("d.gguf", keys.metadata(), dspark_tensors(shape_, dspark));
  EXPECT_EQ(error(path, model()), "opened");

  TestKeys vision;
  vision.set("deepseek4.checkpoint_variant", std::string("vision-exp"));
  EXPECT_THAT(error(path, model(vision)),
              HasSubstr("draft file is for checkpoint unstated, model is vision-exp"));
  // Two stages where the keys promise three.
  const DsparkShape fewer{2, 5, 32, 95, {0, 1, 2}};
  EXPECT_THAT(error(write("e.gguf", keys.metadata(), dspark_tensors(shape_, fewer)), model()),
              HasSubstr("required tensor is missing: mtp.2."));
}

}  // namespace
}  // namespace ds4::model
