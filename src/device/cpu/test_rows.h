// For tests of the CPU's operations: random rows, weights of any floating-point type, and the
// golden vectors of single operations.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "device/weight.h"
#include "gguf/safetensors.h"
#include "quant/codec.h"

namespace ds4::device {

inline std::vector<float> random_floats(std::uint32_t seed, std::size_t count, float spread = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> list(count);
  for (float& x : list) x = normal(random);
  return list;
}

// A matrix that owns its bytes: `numbers` rounded to `type`, and what they became.
struct TestWeight {
  TestWeight(quant::Type type, const std::vector<float>& numbers, std::size_t rows = 1)
      : bytes(rows * quant::row_bytes(type, numbers.size() / rows)), values(numbers.size()) {
    const std::size_t columns = numbers.size() / rows;
    const std::size_t row_bytes = quant::row_bytes(type, columns);
    for (std::size_t row = 0; row < rows; ++row) {
      std::byte* at = bytes.data() + row * row_bytes;
      quant::encode_row(type, numbers.data() + row * columns, at, columns, nullptr);
      quant::decode_row(type, at, values.data() + row * columns, columns);
    }
    weight = {bytes.data(), type, columns, rows, 1, row_bytes};
  }
  TestWeight(const TestWeight&) = delete;

  std::vector<std::byte> bytes;
  std::vector<float> values;
  Weight weight;
};

// An array of tests/vectors/model/ops.safetensors.
template <class T = float>
std::vector<T> golden(const std::string& name) {
  static const auto file =
      gguf::Checkpoint::open(DS4_SOURCE_DIR "/tests/vectors/model/ops.safetensors");
  EXPECT_TRUE(file.ok());
  const gguf::SafeTensor* tensor = file->find(name);
  EXPECT_NE(tensor, nullptr) << name;
  std::vector<T> values(tensor->data.size() / sizeof(T));
  std::memcpy(values.data(), tensor->data.data(), tensor->data.size());
  return values;
}

}  // namespace ds4::device
