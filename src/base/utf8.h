// UTF-8, once for everyone: decode, find what is broken, replace each maximal invalid subpart by
// U+FFFD (the rule of WHATWG's decoder), and show bytes that may be anything on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ds4 {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Utf8Char {
  enum Kind : std::uint8_t {
    valid,       // `length` bytes are one character
    invalid,     // `length` bytes are a maximal invalid subpart: one U+FFFD
    incomplete,  // the text ends inside a character that is well-formed so far
  };
  char32_t code;
  std::uint8_t length;
  Kind kind;
};

// What stands at the start of a non-empty text.
Utf8Char decode_utf8(std::string_view text);

// The first character of a text known to be valid UTF-8 and not empty.
inline char32_t decode_valid(const char* at, std::size_t& length) {
  const auto byte = [at](int index) { return static_cast<unsigned char>(at[index]); };
  const char32_t lead = byte(0);
  if (lead < 0x80) {
    length = 1;
    return lead;
  }
  if (lead < 0xE0) {
    length = 2;
    return (lead & 0x1F) << 6 | (byte(1) & 0x3F);
  }
  if (lead < 0xF0) {
    length = 3;
    return (lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  }
  length = 4;
  return (lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

void append_utf8(std::string& out, char32_t code);

// How many bytes from the start are valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view text);
inline bool is_valid_utf8(std::string_view text) {
  return valid_utf8_prefix(text) == text.size();
}

// Bytes (0 to 3) of a character that the end of the text cuts off; invalid bytes do not count.
std::size_t incomplete_utf8_tail(std::string_view text);

// Where valid text differs from the bytes it was made of.
struct Utf8Repair {
  std::size_t at;      // of the U+FFFD, in the valid text
  std::size_t source;  // of the bytes it replaces, in the original
  std::size_t length;  // of those bytes
};

// Appends `text` with every maximal invalid subpart (an incomplete end too) replaced by U+FFFD.
// Positions in `repairs`, when asked for, count from the beginning of `out`.
void append_valid_utf8(std::string& out, std::string_view text,
                       std::vector<Utf8Repair>* repairs = nullptr);
std::string to_valid_utf8(std::string_view text);

// `text` with control characters and malformed bytes written as \xNN, cut after `limit` bytes:
// names from files end in messages on a terminal.
std::string printable(std::string_view text, std::size_t limit = 200);

}  // namespace ds4
