#include "gguf/container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>

namespace ds4::gguf {
namespace {

const std::string kVectors = DS4_SOURCE_DIR "/tests/vectors/gguf/";

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<Container> parse(std::string_view bytes) {
  return parse_container(std::as_bytes(std::span(bytes)));
}

// The words that only the message of that row of the error table has.
const std::map<int, std::string> kRowWords = {
    {2, "too small"},
    {3, "not a GGUF"},
    {4, "big-endian"},
    {5, "version"},
    {6, "absurd"},
    {7, "no tensors"},
    {8, "truncated metadata"},
    {9, "bad metadata key"},
    {10, "unknown type"},
    {11, "beyond end"},
    {12, "duplicate metadata"},
    {13, "general.alignment"},
    {14, "truncated tensor directory"},
    {15, "tensor"},
    {16, "dimensions"},
    {17, "invalid shape"},
    {18, "unknown type"},
    {19, "multiple of"},
    {20, "aligned"},
    {21, "truncated file"},
    {22, "overlap"},
};

TEST(container, golden_files_are_taken_or_refused_for_the_right_reason) {
  std::ifstream table(kVectors + "expect.tsv");
  std::string line;
  int files = 0;
  while (std::getline(table, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream cells(line);
    std::string name, expected, rows;
    std::getline(cells, name, '\t');
    std::getline(cells, expected, '\t');
    std::getline(cells, rows, '\t');
    ++files;
    const std::string bytes = read_file(kVectors + name);
    const auto result = parse(bytes);
    EXPECT_EQ(result.ok(), expected == "ok") << name;
    if (result.ok() || expected == "ok") continue;
    bool fits = false;
    std::istringstream words(rows);
    for (std::string word; words >> word;) {
      if (word == "or") continue;
      fits |= result.error().message.find(kRowWords.at(std::stoi(word))) != std::string::npos;
    }
    EXPECT_TRUE(fits) << name << " (row " << rows << "): " << result.error().message;
  }
  EXPECT_EQ(files, 40);
}

TEST(container, all_types_are_read_as_written) {
  const std::string bytes = read_file(kVectors + "ok_all_types.gguf");
  const auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_EQ(file->tensors.size(), 9u);
  const Tensor& last = file->tensors.back();
  EXPECT_EQ(last.name, "t.iq2_xxs");
  EXPECT_EQ(describe_dims(last), "[256, 2, 3]");
  EXPECT_EQ(last.bytes, 66u * 6);
  for (std::size_t i = 0; i < file->tensors.size(); ++i) {
    const Tensor& tensor = file->tensors[i];
    for (std::uint64_t j = 0; j < tensor.bytes; ++j) {
      ASSERT_EQ(static_cast<std::uint8_t>(bytes[tensor.offset + j]), (37 * i + j) % 256);
    }
  }
}

TEST(container, every_prefix_is_refused) {
  const std::string bytes = read_file(kVectors + "ok_all_types.gguf");
  std::uint64_t end = 0;
  const auto whole = parse(bytes);
  for (const Tensor& tensor : whole->tensors) {
    end = std::max(end, tensor.offset + tensor.bytes);
  }
  for (std::size_t size = 0; size < end; ++size) {
    // A copy of just that size, so that a sanitizer sees any read behind it.
    const std::vector<char> prefix(bytes.begin(), bytes.begin() + static_cast<long>(size));
    EXPECT_FALSE(parse_container(std::as_bytes(std::span(prefix))).ok()) << size;
  }
}

TEST(container, corrupted_bytes_never_give_an_extent_outside_the_file) {
  const std::string good = read_file(kVectors + "ok_all_types.gguf");
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    bytes[random() % 1000] = static_cast<char>(random());
    const auto file = parse(bytes);
    refused += !file.ok();
    if (!file.ok()) continue;
    for (const Tensor& tensor : file->tensors) {
      ASSERT_LE(tensor.offset + tensor.bytes, bytes.size());
    }
  }
  EXPECT_GT(refused, 2000);
}

TEST(container, says_what_a_foreign_file_seems_to_be) {
  const auto message = [](std::string text) {
    text.resize(std::max<std::size_t>(text.size(), 64), ' ');
    return parse(text).error().message;
  };
  EXPECT_THAT(message("version https://git-lfs.example/spec/v1"),
              testing::HasSubstr("git lfs pull"));
  EXPECT_THAT(message("<!DOCTYPE html><html>"), testing::HasSubstr("web page"));
  EXPECT_THAT(message(std::string("\x40\0\0\0\0\0\0\0{\"a\":", 13)),
              testing::HasSubstr("safetensors"));
  EXPECT_THAT(message(std::string(64, '\0')), testing::HasSubstr("zeros"));
  EXPECT_EQ(message("ABCD"), "not a GGUF file (magic 41 42 43 44)");
}

TEST(metadata, numbers_are_read_by_the_policy) {
  MetadataBytes bytes;
  bytes.put("u32", std::uint32_t{7});
  bytes.put_i32("i32", 7);
  bytes.put_i32("negative", -7);
  bytes.put("f32", 0.5f);
  bytes.put("flag", true);
  bytes.put("text", "hello");
  const std::int32_t ratios[] = {0, 4, -1};
  bytes.put_array("ratios", ratios);
  std::string file("GGUF\3\0\0\0", 8);
  const std::uint64_t counts[] = {0, bytes.count() + 1};
  file.append(reinterpret_cast<const char*>(counts), 16);
  file.append(reinterpret_cast<const char*>(bytes.bytes().data()), bytes.bytes().size());
  MetadataBytes kind;
  kind.put("general.type", "vocab");
  file.append(reinterpret_cast<const char*>(kind.bytes().data()), kind.bytes().size());
  const auto parsed = parse(file);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const Metadata& keys = parsed->metadata;

  EXPECT_EQ(*keys.count("u32"), 7u);
  EXPECT_EQ(*keys.count("i32"), 7u);
  EXPECT_EQ(keys.count("negative").error().message, "metadata key negative is negative");
  EXPECT_EQ(keys.count("f32").error().message, "metadata key f32 has type f32, expected integer");
  EXPECT_EQ(*keys.real("f32"), 0.5);
  EXPECT_EQ(*keys.real("u32"), 7.0);
  EXPECT_TRUE(*keys.flag("flag"));
  EXPECT_EQ(keys.flag("u32").error().message, "metadata key u32 has type u32, expected bool");
  EXPECT_EQ(*keys.text("text"), "hello");
  EXPECT_EQ(keys.counts("ratios").error().message,
            "metadata key ratios has type array of i32, expected array of non-negative integers");
  EXPECT_EQ((*keys.integers("ratios"))[2], -1);
  EXPECT_EQ(keys.count("none").error().message, "required metadata key is missing: none");
  EXPECT_EQ(describe(*keys.find("ratios")), "[0, 4, -1] (3)");
  EXPECT_EQ(describe(*keys.find("f32")), "0.5");
}

}  // namespace
}  // namespace ds4::gguf
