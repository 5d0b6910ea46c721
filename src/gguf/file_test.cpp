#include "gguf/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "gguf/writer.h"

namespace ds4::gguf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class file : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() /
        ("ds4_gguf_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  struct Split {
    std::uint16_t number = 0, count = 0;
    std::int32_t tensors = 0;
  };

  // Writes F32 tensors of one row each, filled with their own position in the list.
  void write(const std::string& name, const std::vector<std::string>& tensors) {
    write(name, tensors, Split());
  }
  void write(const std::string& name, const std::vector<std::string>& tensors, Split split) {
    MetadataBytes keys;
    keys.put("general.architecture", "test");
    if (split.count > 0) {
      keys.put_u16("split.no", split.number);
      keys.put_u16("split.count", split.count);
      keys.put_i32("split.tensors.count", split.tensors);
    }
    std::vector<TensorPlan> plans;
    for (const std::string& tensor : tensors) {
      TensorPlan plan;
      plan.name = tensor;
      plan.dims[0] = 3;
      plans.push_back(plan);
    }
    auto layout = plan_layout(keys, plans);
    ASSERT_TRUE(layout.ok()) << layout.error().message;
    auto writer = Writer::create(path(name), std::move(*layout));
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const std::vector<float> row(3, static_cast<float>(t));
      ASSERT_TRUE(writer->write(t, 0, std::as_bytes(std::span(row))).ok());
    }
    const auto finished = writer->finish();
    ASSERT_TRUE(finished.ok()) << finished.error().message;
  }

  std::string error(const std::string& name) const {
    const auto opened = File::open(path(name));
    return opened.ok() ? "opened" : opened.error().message;
  }

  fs::path folder_;
};

TEST_F(file, what_was_written_is_read) {
  write("a.gguf", {"x", "y", "z"});
  const auto opened = File::open(path("a.gguf"));
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const Tensor* z = opened->find("z");
  ASSERT_NE(z, nullptr);
  float value = 0;
  std::memcpy(&value, opened->data(*z).data() + 8, 4);
  EXPECT_EQ(value, 2.0f);
  EXPECT_EQ(opened->find("w"), nullptr);
  EXPECT_EQ(fs::file_size(path("a.gguf")) % 32, 0u);
}

TEST_F(file, nothing_is_left_of_a_write_that_does_not_finish) {
  {
    TensorPlan plan;
    plan.name = "x";
    auto writer = Writer::create(path("a.gguf"), *plan_layout({}, {plan}));
    ASSERT_TRUE(writer.ok());
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(file, plans_that_no_reader_would_take_are_refused) {
  TensorPlan plan;
  plan.name = "x";
  EXPECT_THAT(plan_layout({}, {plan, plan}).error().message, HasSubstr("twice"));
  plan.name = std::string(65, 'x');
  EXPECT_THAT(plan_layout({}, {plan}).error().message, HasSubstr("65 bytes"));
  plan.name = "x";
  plan.type = quant::Type::q8_0;
  plan.dims[0] = 33;
  EXPECT_THAT(plan_layout({}, {plan}).error().message, HasSubstr("multiple of 32"));
}

TEST_F(file, any_part_opens_the_whole_of_a_split_model) {
  write("m-00001-of-00003.gguf", {}, {0, 3, 3});
  write("m-00002-of-00003.gguf", {"a", "b"}, {1, 3, 3});
  write("m-00003-of-00003.gguf", {"c"}, {2, 3, 3});
  for (const char* name :
       {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    const auto opened = File::open(path(name));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened->tensors().size(), 3u);
    EXPECT_EQ(opened->find("c")->part, 2u);
    float value = 9;
    std::memcpy(&value, opened->data(*opened->find("b")).data(), 4);
    EXPECT_EQ(value, 1.0f);
  }
}

TEST_F(file, each_fault_of_a_split_model_names_the_part) {
  write("m-00001-of-00002.gguf", {"a"}, {0, 2, 2});
  EXPECT_THAT(error("m-00001-of-00002.gguf"),
              testing::AllOf(HasSubstr("m-00002-of-00002.gguf"), HasSubstr("part 2 of 2")));
  write("m-00002-of-00002.gguf", {"b"}, {0, 2, 2});
  EXPECT_THAT(error("m-00001-of-00002.gguf"),
              HasSubstr("m-00002-of-00002.gguf: split.no is 0, its name says 1"));
  write("m-00002-of-00002.gguf", {"b"}, {1, 3, 2});
  EXPECT_THAT(error("m-00001-of-00002.gguf"), HasSubstr("split.count is 3, its name says 2"));
  write("m-00002-of-00002.gguf", {"a"}, {1, 2, 2});
  EXPECT_THAT(error("m-00001-of-00002.gguf"), HasSubstr("tensor 'a' is also in"));
  write("m-00002-of-00002.gguf", {"b"}, {1, 2, 5});
  EXPECT_THAT(error("m-00001-of-00002.gguf"),
              HasSubstr("m-00002-of-00002.gguf: split.tensors.count is 5"));
  write("m-00002-of-00002.gguf", {"b"}, {1, 2, 2});
  EXPECT_EQ(error("m-00001-of-00002.gguf"), "opened");
  fs::copy(path("m-00001-of-00002.gguf"), path("renamed.gguf"));
  EXPECT_THAT(error("renamed.gguf"), HasSubstr("original names"));
}

TEST(split_name, is_read_from_the_path) {
  const auto name = parse_split_name("/models/big-00002-of-00010.gguf");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->number, 2u);
  EXPECT_EQ(name->count, 10u);
  EXPECT_EQ(name->path_of(1), "/models/big-00001-of-00010.gguf");
  for (const char* other : {"a.gguf", "-00001-of-00002.gguf", "a-00000-of-00002.gguf",
                            "a-00003-of-00002.gguf", "a-0000x-of-00002.gguf"}) {
    EXPECT_FALSE(parse_split_name(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace ds4::gguf
