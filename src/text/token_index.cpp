#include "text/token_index.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace ds4::text {

TokenIndex::TokenIndex(std::size_t count) {
  CHECK(count <= kTokensMax);
  const std::size_t slots = std::bit_ceil(2 * count + 2);
  slots_.assign(slots, kEmpty);
  mask_ = slots - 1;
  shift_ = 64 - std::countr_zero(slots);
}

std::uint64_t TokenIndex::tag_of(std::string_view text) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  std::uint64_t hash = text.size() * kMultiplier;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 29;
  };
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    mix(word);
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  mix(word);
  return hash * kMultiplier;
}

}  // namespace ds4::text
