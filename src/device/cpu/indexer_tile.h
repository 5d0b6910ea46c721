// Sixteen indexer rows side by side, unpacked once for all heads of all queries that score them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ds4::device {

inline constexpr std::size_t kIndexTileRows = 16;
inline constexpr std::size_t kIndexGroup = 32;  // channels that share a scale

// Bytes of `codes` for every group: four channels of each row stand together, row after row.
inline constexpr std::size_t kIndexGroupBytes = kIndexTileRows * kIndexGroup;

struct IndexTile {
  std::int8_t* codes = nullptr;  // [groups][8][kIndexTileRows][4] doubled codes + code_offset()
  float* scales = nullptr;       // [groups][kIndexTileRows]
  std::size_t groups = 0;
};

// A query's heads, rounded: head h is at bytes + h * stride.
struct IndexQuery {
  const std::byte* bytes = nullptr;
  std::size_t stride = 0;
  std::size_t heads = 0;
  const float* weights = nullptr;  // [heads]
};

// Parts of a rounded head: doubled codes, then for each group the exponent's 2^(e - 2) and the sum
// that an integer product starts from, which takes the codes' offset back.
struct IndexHead {
  const std::int8_t* codes = nullptr;
  const float* scales = nullptr;
  const std::int32_t* starts = nullptr;
};

inline IndexHead head_of(const IndexQuery& query, std::size_t index, std::size_t groups) {
  const std::byte* bytes = query.bytes + index * query.stride;
  const std::size_t codes = groups * kIndexGroup;
  return {reinterpret_cast<const std::int8_t*>(bytes),
          reinterpret_cast<const float*>(bytes + codes),
          reinterpret_cast<const std::int32_t*>(bytes + codes + groups * sizeof(float))};
}

}  // namespace ds4::device
