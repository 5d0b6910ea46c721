#include "terminal/display_width.h"

#include <algorithm>

#include "base/utf8.h"
#include "terminal/width_tables.h"

namespace ds4::terminal {
namespace {

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kEmojiStyle = 0xFE0F;
constexpr std::uint8_t kColumns = 3, kPictograph = 4;

std::uint8_t width_value(char32_t code) {
  if (code < 0x300) return code == 0xA9 || code == 0xAE ? 1 | kPictograph : 1;
  const auto* begin = detail::kWidthRanges;
  const auto* end = begin + detail::kWidthRangeCount;
  const auto* range = std::partition_point(
      begin, end, [code](const detail::WidthRange& r) { return r.last < code; });
  return range != end && range->first <= code ? range->value : 1;
}

bool is_regional(char32_t code) {
  return code >= 0x1F1E6 && code <= 0x1F1FF;
}
bool is_skin_tone(char32_t code) {
  return code >= 0x1F3FB && code <= 0x1F3FF;
}
bool is_keycap_base(char32_t code) {
  return (code >= '0' && code <= '9') || code == '#' || code == '*';
}
bool is_break_or_tab(char32_t code) {
  return code == '\n' || code == '\t';
}

}  // namespace

int code_point_width(char32_t code) {
  return width_value(code) & kColumns;
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

Cluster next_cluster(std::string_view text) {
  std::size_t length = 0;
  const char32_t first = decode_valid(text.data(), length);
  if (is_break_or_tab(first)) return {length, 0};
  const std::uint8_t value = width_value(first);
  Cluster cluster{length, value & kColumns};
  bool joins = false;  // a joiner came last
  bool in_emoji = (value & kPictograph) != 0;
  bool is_flag_half = is_regional(first);
  while (cluster.bytes < text.size()) {
    const char32_t code = decode_valid(text.data() + cluster.bytes, length);
    if (code < 0x300) break;
    const std::uint8_t next = width_value(code);
    if ((next & kColumns) == 0) {
      // A pictograph that is drawn as text by default, or a digit of a keycap, becomes an emoji.
      if (code == kEmojiStyle && (in_emoji || is_keycap_base(first))) cluster.columns = 2;
      joins = code == kJoiner;
    } else if (is_flag_half && is_regional(code)) {
      cluster.columns = 2;
      is_flag_half = false;
    } else if (in_emoji && ((joins && (next & kPictograph) != 0) || is_skin_tone(code))) {
      cluster.columns = 2;
      joins = false;
    } else {
      break;
    }
    cluster.bytes += length;
  }
  return cluster;
}

std::size_t previous_cluster(std::string_view text, std::size_t at) {
  // Sequences are read forwards; an ASCII character is where one certainly begins.
  std::size_t begin = at - 1;
  while (begin > 0 && static_cast<unsigned char>(text[begin]) >= 0x80) --begin;
  for (;;) {
    const std::size_t bytes = next_cluster(text.substr(begin)).bytes;
    if (begin + bytes >= at) return begin;
    begin += bytes;
  }
}

int display_width(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const Cluster cluster = next_cluster(text);
    columns += cluster.columns;
    text.remove_prefix(cluster.bytes);
  }
  return columns;
}

std::string_view fitting(std::string_view text, int columns) {
  std::size_t end = 0;
  for (int used = 0; end < text.size();) {
    const Cluster cluster = next_cluster(text.substr(end));
    used += cluster.columns;
    if (used > columns) break;
    end += cluster.bytes;
  }
  return text.substr(0, end);
}

std::string safe_text(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  const std::string valid = to_valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size();) {
    std::size_t length = 0;
    const char32_t code = decode_valid(valid.data() + at, length);
    if (code == '\r' && at + 1 < valid.size() && valid[at + 1] == '\n') {
      // The line break that follows says it.
    } else if (code == 0x2028 || code == 0x2029) {
      out += ' ';
    } else if (is_break_or_tab(code) || !is_control(code)) {
      out.append(valid, at, length);
    } else if (code < 0x80) {
      out += '^';
      out += static_cast<char>(code ^ 0x40);
    } else {
      out += {'<', kHex[code >> 4], kHex[code & 15], '>'};
    }
    at += length;
  }
  return out;
}

}  // namespace ds4::terminal
