#include "download/reply.h"

#include <algorithm>
#include <charconv>

#include "download/sha256.h"

namespace ds4::download {
namespace {

constexpr std::size_t kValueBytesMax = 1000;  // a version longer than this is cut

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

// Digits at the start of `text`, taken from it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  const auto number = take_number(text);
  return text.empty() ? number : std::nullopt;
}

bool take_text(std::string_view& text, std::string_view expected) {
  if (text.substr(0, expected.size()) != expected) return false;
  text.remove_prefix(expected.size());
  return true;
}

struct Header {
  std::string name;  // in small letters
  std::string_view value;
};
std::optional<Header> split(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return std::nullopt;
  return Header{small_letters(trim(line.substr(0, colon))),
                trim(line.substr(colon + 1)).substr(0, kValueBytesMax)};
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (text.size() < 6 || small_letters(text.substr(0, 6)) != "bytes ") return std::nullopt;
  text.remove_prefix(6);
  const auto first = take_number(text);
  if (!first || !take_text(text, "-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !take_text(text, "/")) return std::nullopt;
  const auto total = whole_number(text);
  if (!total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{*first, *last, *total};
}

void Reply::take(std::string_view line) {
  if (line.substr(0, 5) == "HTTP/") {
    *this = {};
    const std::size_t blank = line.find(' ');
    if (blank == line.npos) return;
    line.remove_prefix(blank + 1);
    status = static_cast<int>(std::min<std::uint64_t>(take_number(line).value_or(0), 999));
    return;
  }
  const auto header = split(line);
  if (!header) return;
  const std::string_view value = header->value;
  if (header->name == "content-length") length = whole_number(value);
  if (header->name == "content-range") {
    has_range = true;
    range = parse_content_range(value);
  }
  if (header->name == "etag") etag = value;
  if (header->name == "last-modified") modified = value;
  if (header->name == "content-encoding") encoding = small_letters(value);
  if (header->name == "location") location = value;
}

void Published::take(std::string_view line) {
  const auto header = split(line);
  if (!header) return;
  std::string_view value = header->value;
  if (header->name == "x-linked-size") size = whole_number(value);
  if (header->name == "x-linked-etag") {
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (is_sha256(value)) sha256 = small_letters(value);
  }
}

}  // namespace ds4::download
