// For tests: the raw arrays of tests/vectors, and comparison of floats by their bits.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace ds4::quant {

template <class T>
std::vector<T> read_vector(const std::string& name) {
  const std::string path = std::string(DS4_SOURCE_DIR "/tests/vectors/") + name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_FALSE(bytes.empty()) << path;
  EXPECT_EQ(bytes.size() % sizeof(T), 0u) << path;
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

// Reports the first difference, so that a failure is one line and not thousands.
inline void expect_same_bits(const std::vector<float>& got, const std::vector<float>& want) {
  ASSERT_EQ(got.size(), want.size());
  std::size_t different = 0;
  std::size_t first = 0;
  for (std::size_t i = got.size(); i-- > 0;) {
    if (std::bit_cast<std::uint32_t>(got[i]) == std::bit_cast<std::uint32_t>(want[i])) continue;
    ++different;
    first = i;
  }
  EXPECT_EQ(different, 0u) << "first at " << first << ": " << got[first] << ", wanted "
                           << want[first];
}

}  // namespace ds4::quant
