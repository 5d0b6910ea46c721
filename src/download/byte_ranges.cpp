#include "download/byte_ranges.h"

#include <algorithm>

namespace ds4::download {

void ByteRanges::add(ByteRange range) {
  if (range.begin >= range.end) return;
  // Those that touch it become one with it.
  const auto first = std::lower_bound(
      ranges_.begin(), ranges_.end(), range.begin,
      [](const ByteRange& known, std::uint64_t begin) { return known.end < begin; });
  auto last = first;
  for (; last != ranges_.end() && last->begin <= range.end; ++last) {
    range.begin = std::min(range.begin, last->begin);
    range.end = std::max(range.end, last->end);
  }
  if (first == last) {
    ranges_.insert(first, range);
  } else {
    *first = range;
    ranges_.erase(first + 1, last);
  }
}

std::uint64_t ByteRanges::total() const {
  std::uint64_t sum = 0;
  for (const ByteRange& range : ranges_) sum += range.size();
  return sum;
}

std::uint64_t ByteRanges::prefix() const {
  return ranges_.empty() || ranges_.front().begin != 0 ? 0 : ranges_.front().end;
}

std::vector<ByteRange> ByteRanges::gaps(std::uint64_t size, std::uint64_t piece_bytes) const {
  std::vector<ByteRange> pieces;
  std::uint64_t at = 0;
  const auto cut_until = [&](std::uint64_t end) {
    for (; at < end; at = pieces.back().end) {
      pieces.push_back({at, end - at > piece_bytes ? at + piece_bytes : end});
    }
  };
  for (const ByteRange& range : ranges_) {
    cut_until(std::min(range.begin, size));
    at = std::max(at, range.end);
  }
  cut_until(size);
  return pieces;
}

}  // namespace ds4::download
