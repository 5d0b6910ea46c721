#include "base/utf8.h"

#include <algorithm>
#include <cstring>

namespace ds4 {

namespace {

// Second bytes are restricted so that overlong forms, surrogates and codes above U+10FFFF are
// invalid from their second byte on; that is what makes the subparts maximal.
struct Lead {
  std::uint8_t length = 0;  // 0: never starts a character
  std::uint8_t second_from = 0x80, second_to = 0xBF;
};

constexpr Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1};
  if (byte < 0xC2) return {0};
  if (byte < 0xE0) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

}  // namespace

Utf8Char decode_utf8(std::string_view text) {
  const auto byte = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const Lead lead = lead_of(byte(0));
  if (lead.length == 0) return {0xFFFD, 1, Utf8Char::invalid};
  if (lead.length == 1) return {byte(0), 1, Utf8Char::valid};
  for (std::uint8_t index = 1; index < lead.length; ++index) {
    if (index == text.size()) return {0xFFFD, index, Utf8Char::incomplete};
    const bool fits = index == 1 ? byte(1) >= lead.second_from && byte(1) <= lead.second_to
                                 : (byte(index) & 0xC0) == 0x80;
    if (!fits) return {0xFFFD, index, Utf8Char::invalid};
  }
  std::size_t length = 0;
  const char32_t code = decode_valid(text.data(), length);
  return {code, lead.length, Utf8Char::valid};
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::size_t valid_utf8_prefix(std::string_view text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  while (at != end) {
    // Eight ASCII bytes at a time.
    while (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      if ((word & 0x8080808080808080u) != 0) break;
      at += 8;
    }
    if (at == end) break;
    if (static_cast<unsigned char>(*at) < 0x80) {
      ++at;
      continue;
    }
    const Utf8Char c = decode_utf8({at, static_cast<std::size_t>(end - at)});
    if (c.kind != Utf8Char::valid) break;
    at += c.length;
  }
  return static_cast<std::size_t>(at - begin);
}

std::size_t incomplete_utf8_tail(std::string_view text) {
  // The lead byte of a cut-off character is among the last three bytes, behind it only
  // continuation bytes.
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const Utf8Char c = decode_utf8(text.substr(text.size() - back));
    return c.kind == Utf8Char::incomplete && c.length == back ? back : 0;
  }
  return 0;
}

void append_valid_utf8(std::string& out, std::string_view text, std::vector<Utf8Repair>* repairs) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t good = valid_utf8_prefix(text.substr(at));
    out += text.substr(at, good);
    at += good;
    if (at == text.size()) break;
    const Utf8Char bad = decode_utf8(text.substr(at));
    if (repairs) repairs->push_back({out.size(), at, bad.length});
    out += kReplacement;
    at += bad.length;
  }
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_valid_utf8(out, text);
  return out;
}

std::string printable(std::string_view text, std::size_t limit) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    if (out.size() >= limit) return out + "...";
    const Utf8Char c = decode_utf8(text);
    const bool control = c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0);
    const std::string_view bytes = text.substr(0, c.length);
    if (c.kind == Utf8Char::valid && !control) {
      out += bytes;
    } else {
      for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        out += {'\\', 'x', kHex[value >> 4], kHex[value & 15]};
      }
    }
    text.remove_prefix(c.length);
  }
  return out;
}

}  // namespace ds4
