// The scanner and its tables against PCRE2, an independent engine for the same expressions.
#ifdef DS4_HAVE_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <gtest/gtest.h>
#include <pcre2.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "text/pretokenizer.h"
#include "text/random_text.h"
#include "text/unicode_tables.h"

namespace ds4::text {
namespace {

class Regex {
 public:
  explicit Regex(const std::string& pattern) {
    int error = 0;
    PCRE2_SIZE at = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                          PCRE2_UTF | PCRE2_UCP, &error, &at, nullptr);
    EXPECT_NE(code_, nullptr) << pattern << " at " << at;
    pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE);
    match_ = pcre2_match_data_create_from_pattern(code_, nullptr);
  }
  ~Regex() {
    pcre2_match_data_free(match_);
    pcre2_code_free(code_);
  }
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  void each_match(std::string_view text,
                  const std::function<void(std::size_t, std::size_t)>& found) const {
    for (std::size_t at = 0; at < text.size();) {
      const int count = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                    at, PCRE2_NO_UTF_CHECK, match_, nullptr);
      if (count < 0) break;
      const PCRE2_SIZE* place = pcre2_get_ovector_pointer(match_);
      found(place[0], place[1]);
      at = place[1];
    }
  }

  // Matches and the gaps between them.
  void split(std::string_view text, std::vector<std::string_view>& pieces) const {
    std::size_t from = 0;
    each_match(text, [&](std::size_t begin, std::size_t end) {
      if (begin > from) pieces.push_back(text.substr(from, begin - from));
      pieces.push_back(text.substr(begin, end - begin));
      from = end;
    });
    if (from < text.size()) pieces.push_back(text.substr(from));
  }

 private:
  pcre2_code* code_ = nullptr;
  pcre2_match_data* match_ = nullptr;
};

// PCRE2's own \s also holds U+180E, which is no white space in Unicode.
const std::string kWhite =
    R"(\x09-\x0D\x20\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

std::vector<std::string_view> split_by_regex(std::string_view text) {
  static const Regex stages[3] = {
      Regex(R"(\p{N}{1,3})"), Regex(R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)"),
      Regex(
          R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"
          R"(| ?[\p{P}\p{S}]+[\r\n]*|[)" +
          kWhite + R"(]*[\r\n]+|[)" + kWhite + R"(]+(?![^)" + kWhite + R"(])|[)" + kWhite +
          R"(]+)")};
  std::vector<std::string_view> pieces = {text};
  for (const Regex& stage : stages) {
    std::vector<std::string_view> finer;
    for (const std::string_view piece : pieces) stage.split(piece, finer);
    pieces = std::move(finer);
  }
  return pieces;
}

// What PCRE2 thinks of every code point, with a bit above ours for one it does not know: its
// Unicode may be older.
constexpr std::uint16_t kUnknown = 256;

const std::vector<std::uint16_t>& oracle_classes() {
  static const std::vector<std::uint16_t> classes = [] {
    std::string all;
    std::vector<char32_t> code_at;  // [byte]
    for (char32_t c = 0; c < 0x110000; ++c) {
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      append_utf8(all, c);
      code_at.resize(all.size(), c);
    }
    std::vector<std::uint16_t> found(0x110000, 0);
    const auto mark = [&](const std::string& pattern, std::uint16_t bit) {
      Regex(pattern).each_match(all, [&](std::size_t begin, std::size_t end) {
        for (std::size_t at = begin; at < end; ++at) found[code_at[at]] |= bit;
      });
    };
    mark(R"(\p{N}+)", kNumber);
    mark(R"([\p{L}\p{M}]+)", kLetterOrMark);
    mark(R"([\p{P}\p{S}]+)", kPunctuation);
    mark("[" + kWhite + "]+", kSpace);
    mark(R"([\r\n]+)", kNewline);
    mark(R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]+)", kAsciiPunctuation);
    mark(R"([A-Za-z]+)", kAsciiLetter);
    mark(R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)", kCjk);
    mark(R"(\p{Cn}+)", kUnknown);
    return found;
  }();
  return classes;
}

TEST(unicode_tables, agree_with_pcre2) {
  int known = 0, differing = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    const std::uint16_t theirs = oracle_classes()[c];
    if (theirs & kUnknown) continue;
    ++known;
    if (char_class(c) != theirs && ++differing < 20) {
      ADD_FAILURE() << "U+" << std::hex << static_cast<std::uint32_t>(c) << ": "
                    << int{char_class(c)} << ", PCRE2 " << theirs;
    }
  }
  EXPECT_GT(known, 250000);
  EXPECT_EQ(differing, 0);
}

TEST(pretokenizer, agrees_with_pcre2_on_random_text) {
  const int count = std::getenv("DS4_TEST_FULL") ? 10000000 : 1000000;
  RandomText random(1);
  int compared = 0;
  for (int i = 0; i < count; ++i) {
    std::string text;
    // Leave out what only one of the two Unicode versions knows.
    for (std::string drawn = random.text(24); !drawn.empty();) {
      std::size_t length = 0;
      const char32_t c = decode_valid(drawn.data(), length);
      if (!(oracle_classes()[c] & kUnknown) || (char_class(c) & ~kCjk) == 0) {
        text += drawn.substr(0, length);
      }
      drawn.erase(0, length);
    }
    const auto pieces = split_pieces(text);
    ASSERT_EQ(pieces, text.empty() ? std::vector<std::string_view>() : split_by_regex(text))
        << "text " << i << ": " << text;
    compared += pieces.size() > 1;
  }
  EXPECT_GT(compared, count / 2);
}

}  // namespace
}  // namespace ds4::text
#endif
