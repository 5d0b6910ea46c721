#include "grammar/code_set.h"

#include <algorithm>

#include "base/json.h"

namespace ds4::grammar {
namespace {

constexpr std::uint32_t kLast = 0x10FFFF;
constexpr CodeSet::Range kSurrogates{0xD800, 0xDFFF};

std::uint8_t u8(std::uint32_t n) {
  return static_cast<std::uint8_t>(n);
}

// Ranges of code points whose UTF-8 forms differ in the last bytes only, as sequences of byte
// ranges.
void add_utf8(GrammarBuilder& b, std::uint32_t low, std::uint32_t high, std::vector<Expr>& out) {
  for (std::uint32_t limit : {0x7Fu, 0x7FFu, 0xFFFFu}) {
    if (low <= limit && limit < high) {
      add_utf8(b, low, limit, out);
      add_utf8(b, limit + 1, high, out);
      return;
    }
  }
  if (high <= 0x7F) {
    out.push_back(b.bytes(u8(low), u8(high)));
    return;
  }
  const int tails = high <= 0x7FF ? 1 : high <= 0xFFFF ? 2 : 3;
  for (int i = 1; i <= tails; ++i) {
    const std::uint32_t mask = (1u << (6 * i)) - 1;
    if ((low & ~mask) == (high & ~mask)) break;
    if ((low & mask) != 0) {
      add_utf8(b, low, low | mask, out);
      add_utf8(b, (low | mask) + 1, high, out);
      return;
    }
    if ((high & mask) != mask) {
      add_utf8(b, low, (high & ~mask) - 1, out);
      add_utf8(b, high & ~mask, high, out);
      return;
    }
  }
  std::string first, last;
  append_utf8(first, low);
  append_utf8(last, high);
  std::vector<Expr> parts;
  for (std::size_t i = 0; i < first.size(); ++i) {
    parts.push_back(
        b.bytes(u8(static_cast<unsigned char>(first[i])), u8(static_cast<unsigned char>(last[i]))));
  }
  out.push_back(b.sequence(parts));
}

Expr hex_digit(GrammarBuilder& b, std::uint32_t low, std::uint32_t high) {
  std::vector<Expr> parts;
  if (low <= 9) parts.push_back(b.bytes(u8('0' + low), u8('0' + std::min(high, 9u))));
  if (high >= 10) {
    const std::uint32_t from = std::max(low, 10u) - 10;
    parts.push_back(b.bytes(u8('a' + from), u8('a' + high - 10)));
    parts.push_back(b.bytes(u8('A' + from), u8('A' + high - 10)));
  }
  return b.choice(parts);
}

// Four hexadecimal digits between low and high; `digits` of them are still to be written.
void add_hex(GrammarBuilder& b, std::uint32_t low, std::uint32_t high, int digits,
             std::vector<Expr>& prefix, std::vector<Expr>& out) {
  const std::uint32_t unit = 1u << (4 * (digits - 1));
  auto emit = [&](std::uint32_t first, std::uint32_t last, bool free_rest) {
    prefix.push_back(hex_digit(b, first, last));
    const std::size_t size = prefix.size();
    if (free_rest) {
      for (int i = 1; i < digits; ++i) prefix.push_back(hex_digit(b, 0, 15));
      out.push_back(b.sequence(prefix));
      prefix.resize(size);
    }
  };
  const std::uint32_t first = low / unit, last = high / unit;
  if (digits == 1) {
    emit(first, last, true);
    prefix.pop_back();
    return;
  }
  if (first == last) {
    if (low % unit == 0 && high % unit == unit - 1) {
      emit(first, last, true);
    } else {
      emit(first, first, false);
      add_hex(b, low % unit, high % unit, digits - 1, prefix, out);
    }
    prefix.pop_back();
    return;
  }
  std::uint32_t whole_first = first, whole_last = last;
  if (low % unit != 0) {
    emit(first, first, false);
    add_hex(b, low % unit, unit - 1, digits - 1, prefix, out);
    prefix.pop_back();
    ++whole_first;
  }
  if (high % unit != unit - 1) {
    emit(last, last, false);
    add_hex(b, 0, high % unit, digits - 1, prefix, out);
    prefix.pop_back();
    --whole_last;
  }
  if (whole_first <= whole_last) {
    emit(whole_first, whole_last, true);
    prefix.pop_back();
  }
}

Expr hex4(GrammarBuilder& b, std::uint32_t low, std::uint32_t high) {
  std::vector<Expr> out, prefix;
  add_hex(b, low, high, 4, prefix, out);
  return b.choice(out);
}

// \uxxxx for every character of the range.
void add_escapes(GrammarBuilder& b, std::uint32_t low, std::uint32_t high, std::vector<Expr>& out) {
  const Expr u = b.literal("\\u");
  if (low <= 0xFFFF) out.push_back(b.sequence({u, hex4(b, low, std::min(high, 0xFFFFu))}));
  if (high <= 0xFFFF) return;
  const std::uint32_t from = std::max(low, 0x10000u) - 0x10000, to = high - 0x10000;
  auto pair = [&](std::uint32_t high_low, std::uint32_t high_high, std::uint32_t low_low,
                  std::uint32_t low_high) {
    out.push_back(b.sequence({u, hex4(b, 0xD800 + high_low, 0xD800 + high_high), u,
                              hex4(b, 0xDC00 + low_low, 0xDC00 + low_high)}));
  };
  std::uint32_t first = from >> 10, last = to >> 10;
  if (first == last) return pair(first, first, from & 0x3FF, to & 0x3FF);
  if ((from & 0x3FF) != 0) pair(first, first, from & 0x3FF, 0x3FF), ++first;
  if ((to & 0x3FF) != 0x3FF) {
    pair(last, last, 0, to & 0x3FF);
    if (last == 0) return;
    --last;
  }
  if (first <= last) pair(first, last, 0, 0x3FF);
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code) {
  auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

CodeSet::CodeSet(std::initializer_list<Range> ranges) {
  for (const Range& r : ranges) add(r.first, r.second);
}

CodeSet CodeSet::all() {
  CodeSet set;
  set.ranges_ = {{0, kSurrogates.first - 1}, {kSurrogates.second + 1, kLast}};
  return set;
}

void CodeSet::add(std::uint32_t low, std::uint32_t high) {
  high = std::min(high, kLast);
  if (low > high) return;
  if (low <= kSurrogates.second && kSurrogates.first <= high) {  // no character: left out
    if (low < kSurrogates.first) add(low, kSurrogates.first - 1);
    if (high > kSurrogates.second) add(kSurrogates.second + 1, high);
    return;
  }
  auto it = std::lower_bound(ranges_.begin(), ranges_.end(), low,
                             [](const Range& r, std::uint32_t l) { return r.second + 1 < l; });
  auto end = it;
  for (; end != ranges_.end() && end->first <= high + 1; ++end) {
    low = std::min(low, end->first);
    high = std::max(high, end->second);
  }
  it = ranges_.erase(it, end);
  ranges_.insert(it, {low, high});
}

void CodeSet::add(const CodeSet& other) {
  for (const Range& r : other.ranges_) add(r.first, r.second);
}

void CodeSet::add_other_case() {
  const CodeSet before = *this;
  for (const Range& r : before.ranges_) {
    const std::uint32_t upper_low = std::max<std::uint32_t>(r.first, 'A');
    const std::uint32_t upper_high = std::min<std::uint32_t>(r.second, 'Z');
    if (upper_low <= upper_high) add(upper_low + 32, upper_high + 32);
    const std::uint32_t lower_low = std::max<std::uint32_t>(r.first, 'a');
    const std::uint32_t lower_high = std::min<std::uint32_t>(r.second, 'z');
    if (lower_low <= lower_high) add(lower_low - 32, lower_high - 32);
  }
}

CodeSet CodeSet::complement() const {
  CodeSet out;
  std::uint32_t next = 0;
  for (const Range& r : ranges_) {
    if (r.first > next) out.add(next, r.first - 1);
    next = r.second + 1;
  }
  out.add(next, kLast);
  return out;
}

CodeSet CodeSet::without(const CodeSet& other) const {
  CodeSet rest = complement();
  rest.add(other);
  return rest.complement();
}

bool CodeSet::contains(std::uint32_t code) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const Range& r) { return r.first <= code && code <= r.second; });
}

Expr character(GrammarBuilder& b, const CodeSet& set, Spelling spelling) {
  std::vector<Expr> parts;
  if (spelling == Spelling::raw) {
    for (const auto& [low, high] : set.ranges()) add_utf8(b, low, high, parts);
    return b.choice(parts);
  }
  const CodeSet plain = set.without({{0, 0x1F}, {'"', '"'}, {'\\', '\\'}});
  for (const auto& [low, high] : plain.ranges()) add_utf8(b, low, high, parts);
  constexpr std::pair<char, char> kShort[] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                              {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
  for (const auto& [code, letter] : kShort) {
    if (!set.contains(static_cast<unsigned char>(code))) continue;
    const char text[2] = {'\\', letter};
    parts.push_back(b.literal({text, 2}));
  }
  if (spelling == Spelling::json_escaped) {
    if (set.contains('/')) parts.push_back(b.literal("\\/"));
    for (const auto& [low, high] : set.ranges()) add_escapes(b, low, high, parts);
  } else {
    for (std::uint32_t code = 0; code < 0x20; ++code) {
      if (!set.contains(code)) continue;
      const std::string one(1, static_cast<char>(code));
      std::string text;
      append_json_escaped(text, one);
      if (text.size() > 2) parts.push_back(b.literal(text));
    }
  }
  return b.choice(parts);
}

std::string spell(std::string_view text, Spelling spelling) {
  if (spelling == Spelling::raw) return std::string(text);
  std::string out;
  append_json_escaped(out, text);
  return out;
}

}  // namespace ds4::grammar
