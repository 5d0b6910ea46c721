// Which bytes of a file are there: a set of ranges that grows as pieces arrive in any order.
#pragma once

#include <cstdint>
#include <vector>

namespace ds4::download {

struct ByteRange {
  std::uint64_t begin = 0, end = 0;  // end is the first byte behind it
  std::uint64_t size() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

class ByteRanges {
 public:
  void add(ByteRange range);
  void clear() { ranges_.clear(); }

  // In order; no two touch.
  const std::vector<ByteRange>& list() const { return ranges_; }
  std::uint64_t total() const;
  // Bytes that are there without a gap from the first on.
  std::uint64_t prefix() const;
  // What is missing of a file of `size` bytes, in order, in pieces of at most `piece_bytes`.
  std::vector<ByteRange> gaps(std::uint64_t size, std::uint64_t piece_bytes) const;

 private:
  std::vector<ByteRange> ranges_;
};

}  // namespace ds4::download
