// The unit of attention: up to 32 decoded rows that join the running softmax of a query's heads.
#pragma once

#include <cstddef>

namespace ds4::device {

inline constexpr std::size_t kTileRows = 32;

struct AttentionTile {
  const float* rows = nullptr;  // may be read up to a multiple of 4
  std::size_t count = 0;        // 1 to kTileRows
  std::size_t stride = 0;
  std::size_t width = 0;
  float scale = 0;
};

// The state of a query's heads.
struct AttentionHeads {
  const float* queries = nullptr;  // [count, width]
  std::size_t count = 0;
  float* maximum = nullptr;      // [count up to a multiple of 16]
  float* denominator = nullptr;  // likewise
  float* out = nullptr;          // [count, width]
};

}  // namespace ds4::device
