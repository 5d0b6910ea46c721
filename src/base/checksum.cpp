#include "base/checksum.h"

#include <cstring>

#include "base/bytes.h"

namespace ds4 {

namespace {

// Odd, so that multiplying loses nothing: the digits of pi and e.
constexpr std::uint64_t kPi = 0x243F6A8885A308D3u;
constexpr std::uint64_t kE = 0xB7E151628AED2A6Bu;

// One to one in either argument while the other stays, which is what the promise rests on; and what
// a bit of `word` changes spreads before the next word comes.
std::uint64_t mix(std::uint64_t sum, std::uint64_t word) {
  sum = (sum ^ word) * kE;
  return (sum ^ sum >> 32) * kPi;
}

}  // namespace

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed) {
  constexpr std::size_t kLanes = 4;  // words in flight: a multiplication takes several cycles
  std::uint64_t lanes[kLanes] = {seed ^ kPi, seed + kE, seed * kPi, ~seed};
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kLanes * 8; at += kLanes * 8, left -= kLanes * 8) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      lanes[i] = mix(lanes[i], load<std::uint64_t>(at + 8 * i));
    }
  }
  for (std::size_t i = 0; left > 0; ++i) {
    const std::size_t count = left < 8 ? left : 8;
    std::uint64_t word = 0;
    std::memcpy(&word, at, count);
    lanes[i] = mix(lanes[i], word);
    at += count;
    left -= count;
  }
  std::uint64_t sum = mix(kPi, bytes.size());
  for (const std::uint64_t lane : lanes) sum = mix(sum, lane ^ lane >> 29);
  return sum ^ sum >> 29;
}

}  // namespace ds4
