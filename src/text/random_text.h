// Random text for tests and benchmarks: characters from a few scripts at a time, with those that
// the splitting rules treat specially drawn often.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/utf8.h"

namespace ds4::text {

class RandomText {
 public:
  explicit RandomText(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  // A character of a pool (0..kPools-1).
  static constexpr std::size_t kPools = 18;
  char32_t character(std::size_t pool) {
    switch (pool) {
      case 0:
        return pick(U"abcdefghijklmnopqrstuvwxyzABCXYZ");
      case 1:
        return pick(U"0123456789");
      case 2:
        return pick(U"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
      case 3:
        return pick(U"    \t\v\f\u0085\u00A0\u1680\u2003\u2028\u2029\u202F\u205F\u3000");
      case 4:
        return pick(U"\r\n\n\n ");
      case 5:
        return between(0x4E00, 0x9FA5);
      case 6:
        return between(0x3040, 0x30FF);
      case 7:
        return pick(U"㐀鿖한국ｶﾀ、。，「」々〇ー・゛゜\u3040\u3097");
      case 8:
        return pick(U"éïñßøçАбвгΔλهمשל\u0915\u0E01");
      case 9:
        return pick(U"\u0301\u0308\u20E3\uFE0F\u093F\u0E31\u3099\u302A");
      case 10:
        return pick(U"½²³ⅧⅫ१२٣٤１２㊀①𝟘");
      case 11:
        return pick(U"😀👨👩👧❤🇮🇹🏽€→✓“”—…§©");
      case 12:
        return pick(U"\u200B\u200D\uFEFF\u180E\u00AD\u001C\u001F\u0000\u0001\u007F");
      case 13:
        return pick(U"\u0378\uE000\uFFFF\U0010FFFF\U000F0000\uFDD0");
      case 14:
        return between(0x80, 0x7FF);
      case 15:
        return between(0x800, 0xD7FF);
      case 16:
        return between(0xE000, 0xFFFF);
      default:
        return between(0x10000, 0x10FFFF);
    }
  }

  // Up to `most` characters of one to four pools.
  std::string text(std::size_t most) {
    std::size_t pools[4];
    const std::size_t count = 1 + below(4);
    for (std::size_t i = 0; i < count; ++i) pools[i] = below(kPools);
    std::string out;
    for (std::size_t left = below(most + 1); left > 0; --left) {
      append_utf8(out, character(pools[below(count)]));
    }
    return out;
  }

  // Bytes that are UTF-8 in parts only.
  std::string broken(std::size_t most) {
    std::string out = text(most);
    for (std::size_t hits = below(6); hits > 0; --hits) {
      if (out.empty()) break;
      const std::size_t at = below(out.size());
      if (below(2) == 0) {
        out.erase(at, 1);
      } else {
        out[at] = static_cast<char>(below(256));
      }
    }
    return out;
  }

 private:
  char32_t pick(std::u32string_view from) { return from[below(from.size())]; }
  char32_t between(char32_t first, char32_t last) {
    return first + static_cast<char32_t>(below(last - first + 1));
  }

  std::mt19937_64 random_;
};

}  // namespace ds4::text
