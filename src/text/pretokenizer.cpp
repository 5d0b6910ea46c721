#include "text/pretokenizer.h"

#include <cstdint>

#include "base/utf8.h"
#include "text/unicode_tables.h"

namespace ds4::text {

namespace {

struct Char {
  std::uint8_t bits;
  std::uint8_t length;
};

Char char_at(const char* at) {
  const auto byte = static_cast<unsigned char>(*at);
  if (byte < 0x80) return {detail::kClassOf[byte], 1};  // block 0 of the table is ASCII
  std::size_t length = 0;
  const char32_t code = decode_valid(at, length);
  return {char_class(code), static_cast<std::uint8_t>(length)};
}

// Digits and CJK characters never share a piece with anything else: they end the segment that the
// third regex sees. Two characters belong to one segment if they agree in these bits (a segment of
// numbers is no segment, but is handled before).
constexpr std::uint8_t kSegment = kNumber | kCjk;

class Scanner {
 public:
  explicit Scanner(std::string_view run)
      : begin_(run.data()), end_(run.data() + run.size()), first_(char_at(begin_)) {
    segment_ = first_.bits & kSegment;
  }

  std::size_t piece() const {
    const char* const second = begin_ + first_.length;
    if (first_.bits & kNumber) return size(numbers(second));

    const std::uint8_t next = bits_in_segment(second);
    if ((first_.bits & kAsciiPunctuation) && (next & kAsciiLetter)) {
      return size(ascii_letters(second));
    }
    // One leading character that is no punctuation and no newline joins the word behind it.
    if (first_.bits & kLetterOrMark) return size(run_of(kLetterOrMark, second));
    if (!(first_.bits & (kNewline | kPunctuation)) && (next & kLetterOrMark)) {
      return size(run_of(kLetterOrMark, second));
    }
    if ((first_.bits & kPunctuation) || (*begin_ == ' ' && (next & kPunctuation))) {
      return size(newlines(run_of(kPunctuation, second)));
    }
    if (first_.bits & kSpace) return size(space());
    return size(gap(second));
  }

 private:
  std::size_t size(const char* piece_end) const {
    return static_cast<std::size_t>(piece_end - begin_);
  }

  // The class bits of the character at `at`, 0 at the end of the segment.
  std::uint8_t bits_in_segment(const char* at) const {
    if (at == end_) return 0;
    const std::uint8_t bits = char_at(at).bits;
    return (bits & kSegment) == segment_ ? bits : 0;
  }

  const char* run_of(std::uint8_t bit, const char* at) const {
    while (at != end_) {
      const Char c = char_at(at);
      if (!(c.bits & bit) || (c.bits & kSegment) != segment_) break;
      at += c.length;
    }
    return at;
  }

  const char* ascii_letters(const char* at) const {
    while (at != end_ && (char_at(at).bits & kAsciiLetter)) ++at;
    return at;
  }

  const char* newlines(const char* at) const {
    if (segment_ != 0) return at;  // among CJK characters there are none
    while (at != end_ && (*at == '\n' || *at == '\r')) ++at;
    return at;
  }

  const char* numbers(const char* at) const {
    for (int count = 1; count < 3 && at != end_; ++count) {
      const Char c = char_at(at);
      if (!(c.bits & kNumber)) break;
      at += c.length;
    }
    return at;
  }

  // White space ends behind its last newline; without one it leaves its last character to the next
  // piece, unless the segment ends here or there is only that one.
  const char* space() const {
    const char* at = begin_;
    const char* last = begin_;
    const char* behind_newline = nullptr;
    while (at != end_) {
      const Char c = char_at(at);
      if (!(c.bits & kSpace)) break;
      last = at;
      at += c.length;
      if (c.bits & kNewline) behind_newline = at;
    }
    if (behind_newline) return behind_newline;
    const bool segment_ends = at == end_ || (char_at(at).bits & kSegment) != segment_;
    return segment_ends || last == begin_ ? at : last;
  }

  // Characters that start no match: up to the next one that does.
  const char* gap(const char* at) const {
    while (at != end_) {
      const Char c = char_at(at);
      if ((c.bits & kSegment) != segment_) break;
      if (c.bits & (kLetterOrMark | kPunctuation | kSpace)) break;
      if (bits_in_segment(at + c.length) & kLetterOrMark) break;
      at += c.length;
    }
    return at;
  }

  const char* begin_;
  const char* end_;
  Char first_;
  std::uint8_t segment_;
};

}  // namespace

std::size_t first_piece(std::string_view run) {
  return Scanner(run).piece();
}

std::vector<std::string_view> split_pieces(std::string_view run) {
  std::vector<std::string_view> pieces;
  while (!run.empty()) {
    const std::size_t size = first_piece(run);
    pieces.push_back(run.substr(0, size));
    run.remove_prefix(size);
  }
  return pieces;
}

}  // namespace ds4::text
