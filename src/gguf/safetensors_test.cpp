#include "gguf/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace ds4::gguf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string make(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t size = header.size();
  std::string out(reinterpret_cast<const char*>(&size), 8);
  return out + header + std::string(data_bytes, 'x');
}

std::string error(const std::string& bytes) {
  const auto parsed = parse_safetensors(std::as_bytes(std::span(bytes)));
  return parsed.ok() ? "parsed" : parsed.error().message;
}

const std::string kGood =
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
    R"("a":{"dtype":"F8_E8M0","shape":[1],"data_offsets":[24,25]}}   )";

TEST(safetensors, reads_tensors_in_file_order) {
  const std::string bytes = make(kGood, 25);
  const auto parsed = parse_safetensors(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ((*parsed)[0].name, "b");
  EXPECT_EQ((*parsed)[0].elements(), 6u);
  EXPECT_EQ((*parsed)[1].type, SafeType::f8_e8m0);
  EXPECT_EQ((*parsed)[1].data.size(), 1u);
}

TEST(safetensors, refuses_what_does_not_add_up) {
  const auto one = [](const std::string& entry) { return make("{\"t\":" + entry + "}", 16); };
  EXPECT_THAT(error("short"), HasSubstr("too small"));
  EXPECT_THAT(error(make("{}", 0).substr(0, 9)), HasSubstr("truncated"));
  EXPECT_THAT(error(std::string(8, '\xff') + "{}"), HasSubstr("truncated"));
  EXPECT_THAT(error(make("[]", 0)), HasSubstr("not a JSON object"));
  EXPECT_THAT(error(make("{\"a\":", 0)), HasSubstr("invalid JSON"));
  EXPECT_THAT(error(one(R"({"dtype":"F4","shape":[1],"data_offsets":[0,4]})")),
              HasSubstr("unknown dtype 'F4'"));
  EXPECT_THAT(error(one(R"({"dtype":"F32","shape":[5],"data_offsets":[0,20]})")),
              HasSubstr("outside the file"));
  EXPECT_THAT(error(one(R"({"dtype":"F32","shape":[4],"data_offsets":[8,4]})")),
              HasSubstr("outside the file"));
  EXPECT_THAT(error(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,16]})")),
              HasSubstr("takes 16 bytes, its shape needs 8"));
  EXPECT_THAT(error(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,16]})")),
              HasSubstr("invalid shape"));
  EXPECT_THAT(error(one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})")),
              HasSubstr("invalid shape"));
  EXPECT_THAT(error(one(R"({"dtype":"F32"})")), HasSubstr("no dtype, shape or data_offsets"));
  EXPECT_THAT(error(make(R"({"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},)"
                         R"("b":{"dtype":"I8","shape":[4],"data_offsets":[3,7]}})",
                         16)),
              HasSubstr("overlap"));
}

TEST(safetensors, every_prefix_is_refused) {
  const std::string bytes = make(kGood, 25);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> prefix(bytes.begin(), bytes.begin() + static_cast<long>(size));
    EXPECT_FALSE(parse_safetensors(std::as_bytes(std::span(prefix))).ok()) << size;
  }
}

class checkpoint : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / "ds4_checkpoint_test";
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  std::string error() const {
    const auto opened = Checkpoint::open(folder_.string());
    return opened.ok() ? "opened" : opened.error().message;
  }
  fs::path folder_;
};

std::string tensor_file(const std::string& name) {
  return make("{\"" + name + R"(":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}})", 4);
}

TEST_F(checkpoint, opens_shards_by_their_index) {
  put("model-1.safetensors", tensor_file("a"));
  EXPECT_EQ(error(), "opened");
  put("model-2.safetensors", tensor_file("b"));
  EXPECT_THAT(error(), HasSubstr("2 *.safetensors files but no"));
  const std::string index = "model.safetensors.index.json";
  put(index, R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
  const auto opened = Checkpoint::open(folder_.string());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_NE(opened->find("a"), nullptr);
  EXPECT_NE(opened->find("b"), nullptr);
  EXPECT_EQ(opened->find("c"), nullptr);

  put(index, R"({"weight_map":{"a":"model-1.safetensors","c":"model-2.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr("tensor 'c' is not in model-2.safetensors"));
  put(index, R"({"weight_map":{"a":"model-3.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr("model-3.safetensors"));
  put(index, R"({"weight_map":{"a":"../model-1.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr("names no file of this folder"));
  put(index, R"({"weight_map":{"a":"model-1.safetensors"})");
  EXPECT_THAT(error(), HasSubstr("invalid JSON"));
  put(index, R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
  put("model-2.safetensors", tensor_file("a"));
  EXPECT_THAT(error(), HasSubstr("is also in another shard"));
}

}  // namespace
}  // namespace ds4::gguf
