#include "model/rope.h"

#include <gtest/gtest.h>

#include <cstring>

#include "gguf/safetensors.h"

namespace ds4::model {
namespace {

class RopeVectors : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = gguf::Checkpoint::open(DS4_SOURCE_DIR "/tests/vectors/model/ops.safetensors");
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    file_ = std::make_unique<gguf::Checkpoint>(std::move(*opened));
  }

  void expect_equal(const std::vector<float>& got, const std::string& name) {
    const gguf::SafeTensor* tensor = file_->find(name);
    ASSERT_NE(tensor, nullptr);
    ASSERT_EQ(tensor->elements(), got.size());
    std::vector<float> want(got.size());
    std::memcpy(want.data(), tensor->data.data(), tensor->data.size());
    // One unit in the last place: powers in f32 differ by that between libraries.
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i] / want[i], 1.0f, 1.3e-7f) << name << " " << i;
    }
  }

  std::unique_ptr<gguf::Checkpoint> file_;
};

Shape shape_of(std::uint32_t width, float base, float factor, std::uint64_t original) {
  Shape s = flash_shape();
  s.rope_width = width;
  s.compress_rope_base = base;
  s.rope_factor = factor;
  s.rope_original_tokens = original;
  return s;
}

TEST_F(RopeVectors, frequencies_match_the_reference) {
  expect_equal(plain_frequencies(flash_shape()), "freq_main");
  expect_equal(stretched_frequencies(flash_shape()), "freq_compress");
  expect_equal(stretched_frequencies(shape_of(64, 160000, 16, 4096)), "freq_compress_A");
  expect_equal(stretched_frequencies(shape_of(64, 80000, 4, 8192)), "freq_compress_C");
  expect_equal(stretched_frequencies(shape_of(32, 160000, 16, 65536)), "freq_rot32");
}

}  // namespace
}  // namespace ds4::model
