#include "grammar/number.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace ds4::grammar {
namespace {

constexpr std::size_t kBoundDigitsMax = 60;
// Bounded numbers have at least this many digits after the point to choose from. Few enough that a
// double tells a number just inside an open bound from the bound.
constexpr int kFractionDigits = 6;
constexpr int kWholeDigits = 15;
constexpr std::uint64_t kModulusMax = 512;
constexpr std::uint64_t kMultiplesListed = 4096;

std::strong_ordering compare_magnitude(const Decimal& a, const Decimal& b) {
  if (a.whole.size() != b.whole.size()) return a.whole.size() <=> b.whole.size();
  if (const int c = a.whole.compare(b.whole); c != 0) return c <=> 0;
  return a.fraction.compare(b.fraction) <=> 0;  // no trailing zeros: prefix means smaller
}

// Digits of non-negative numbers between two bounds. A path is tight on a bound while its digits
// equal the bound's: only then does the next digit need a look at it.
class Magnitudes {
 public:
  Magnitudes(GrammarBuilder& builder, const NumberBounds& bounds, bool is_integer,
             std::uint64_t modulus)
      : b_(builder), bounds_(bounds), is_integer_(is_integer), modulus_(modulus) {}

  Expr build() {
    graph_.entry = graph_.add_node();
    exit_ = graph_.add_node();
    graph_.exits = {exit_};
    const Decimal& low = *bounds_.low;
    int shortest = static_cast<int>(low.whole.size());
    int longest = std::max(is_integer_ ? kDigitsMax : kWholeDigits, shortest + 1);
    if (bounds_.high) longest = static_cast<int>(bounds_.high->whole.size());
    for (int digits = shortest; digits <= longest; ++digits) {
      const bool on_low = digits == shortest;
      const bool on_high = bounds_.high && digits == longest;
      whole_digits(graph_.entry, digits, 0, on_low, on_high, 0);
    }
    return b_.graph(std::move(graph_));
  }

 private:
  using Key = std::tuple<int, int, bool, bool, std::uint64_t>;

  Expr digit(char c) {
    return b_.bytes(static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c));
  }

  // The arcs for digit `at` of `digits` before the point.
  void whole_digits(std::uint32_t from, int digits, int at, bool on_low, bool on_high,
                    std::uint64_t rest) {
    for (char c = at == 0 && digits > 1 ? '1' : '0'; c <= '9'; ++c) {
      const char low = on_low ? bounds_.low->whole[static_cast<std::size_t>(at)] : '0';
      const char high = on_high ? bounds_.high->whole[static_cast<std::size_t>(at)] : '9';
      if (c < low || c > high) continue;
      const bool still_low = on_low && c == low, still_high = on_high && c == high;
      const std::uint64_t next_rest = (rest * 10 + static_cast<std::uint64_t>(c - '0')) % modulus_;
      const auto [node, is_new] = node_of({digits, at + 1, still_low, still_high, next_rest});
      graph_.add(from, digit(c), node);
      if (!is_new) continue;
      if (at + 1 < digits) {
        whole_digits(node, digits, at + 1, still_low, still_high, next_rest);
      } else {
        after_whole(node, still_low, still_high, next_rest);
      }
    }
  }

  void after_whole(std::uint32_t node, bool on_low, bool on_high, std::uint64_t rest) {
    if (rest == 0 && may_stop(0, on_low, on_high)) graph_.add(node, b_.empty(), exit_);
    if (is_integer_) return;
    const auto [point, is_new] = node_of({-1, 0, on_low, on_high, 0});
    graph_.add(node, digit('.'), point);
    if (is_new) fraction_digits(point, 0, on_low, on_high);
  }

  void fraction_digits(std::uint32_t from, int at, bool on_low, bool on_high) {
    std::size_t most = kFractionDigits;
    most = std::max(most, bounds_.low->fraction.size());
    if (bounds_.high) most = std::max(most, bounds_.high->fraction.size());
    if (static_cast<std::size_t>(at) == most) return;
    for (char c = '0'; c <= '9'; ++c) {
      const char low = on_low ? digit_at(bounds_.low->fraction, at) : '0';
      const char high = on_high ? digit_at(bounds_.high->fraction, at) : '9';
      if (c < low || c > high) continue;
      const bool still_low = on_low && c == low, still_high = on_high && c == high;
      const auto [node, is_new] = node_of({-1, at + 1, still_low, still_high, 0});
      graph_.add(from, digit(c), node);
      if (!is_new) continue;
      if (may_stop(at + 1, still_low, still_high)) graph_.add(node, b_.empty(), exit_);
      fraction_digits(node, at + 1, still_low, still_high);
    }
  }

  static char digit_at(const std::string& fraction, int at) {
    const auto i = static_cast<std::size_t>(at);
    return i < fraction.size() ? fraction[i] : '0';
  }

  // Whether the number may end after `at` digits of the fraction: zeros would follow.
  bool may_stop(int at, bool on_low, bool on_high) const {
    const auto i = static_cast<std::size_t>(at);
    if (on_low && (bounds_.low->fraction.size() > i || bounds_.low_is_open)) return false;
    if (on_high && bounds_.high->fraction.size() <= i && bounds_.high_is_open) return false;
    return true;
  }

  std::pair<std::uint32_t, bool> node_of(const Key& key) {
    const auto [it, is_new] = nodes_.try_emplace(key, graph_.node_count);
    if (is_new) graph_.add_node();
    return {it->second, is_new};
  }

  GrammarBuilder& b_;
  const NumberBounds& bounds_;  // low is set, and not negative
  bool is_integer_;
  std::uint64_t modulus_;
  Graph graph_;
  std::uint32_t exit_ = 0;
  std::map<Key, std::uint32_t> nodes_;
};

// Numbers of both signs: the negative ones are the magnitudes between the negated bounds.
Expr both_signs(GrammarBuilder& b, const NumberBounds& bounds, bool is_integer,
                std::uint64_t modulus) {
  std::vector<Expr> parts;
  auto is_possible = [](const NumberBounds& n) {
    if (!n.high) return true;
    const auto order = *n.low <=> *n.high;
    return order < 0 || (order == 0 && !n.low_is_open && !n.high_is_open);
  };
  NumberBounds positive = bounds;
  positive.raise_low(Decimal{}, false);
  if (is_possible(positive)) parts.push_back(Magnitudes(b, positive, is_integer, modulus).build());
  NumberBounds negative;
  if (bounds.high) negative.raise_low(bounds.high->negated(), bounds.high_is_open);
  if (bounds.low) negative.lower_high(bounds.low->negated(), bounds.low_is_open);
  negative.raise_low(Decimal{}, true);
  if (is_possible(negative)) {
    parts.push_back(
        b.sequence({b.literal("-"), Magnitudes(b, negative, is_integer, modulus).build()}));
  }
  return b.choice(parts);
}

std::optional<std::int64_t> to_int64(const Decimal& d, bool round_up) {
  if (d.whole.size() > 18) return std::nullopt;
  std::int64_t n = 0;
  for (char c : d.whole) n = n * 10 + (c - '0');
  if (d.is_negative) n = -n;
  if (!d.fraction.empty() && round_up != d.is_negative) n += round_up ? 1 : -1;
  return n;
}

}  // namespace

Decimal Decimal::negated() const {
  Decimal out = *this;
  out.is_negative = !is_negative && !is_zero();
  return out;
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  if (is_negative != other.is_negative) {
    return is_negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return is_negative ? compare_magnitude(other, *this) : compare_magnitude(*this, other);
}

Result<Decimal> Decimal::parse(std::string_view text) {
  const std::string_view whole_text = text;
  Decimal out;
  if (text.starts_with('-')) {
    out.is_negative = true;
    text.remove_prefix(1);
  }
  std::string digits;
  std::int64_t point = -1, exponent = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      point = static_cast<std::int64_t>(digits.size());
    } else {
      digits += text[i];
    }
  }
  if (point < 0) point = static_cast<std::int64_t>(digits.size());
  if (i < text.size()) {
    const bool is_minus = i + 1 < text.size() && text[i + 1] == '-';
    for (++i; i < text.size(); ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        exponent = std::min<std::int64_t>(exponent * 10 + (text[i] - '0'), 100'000);
      }
    }
    if (is_minus) exponent = -exponent;
  }
  point += exponent;
  const auto limit = static_cast<std::int64_t>(kBoundDigitsMax);
  const auto size = static_cast<std::int64_t>(digits.size());
  if (point > limit || size - point > 2 * limit) {
    return fail(Code::too_large, "the number ", whole_text, " has more than ", kBoundDigitsMax,
                " digits before or after the point");
  }
  if (point < 0) {
    std::string zeros(static_cast<std::size_t>(-point), '0');
    zeros += digits;
    digits.swap(zeros);
    point = 0;
  }
  if (point > static_cast<std::int64_t>(digits.size())) {
    digits.append(static_cast<std::size_t>(point) - digits.size(), '0');
  }
  const auto split = static_cast<std::size_t>(point);
  out.whole = digits.substr(0, split);
  out.fraction = digits.substr(split);
  out.whole.erase(0, std::min(out.whole.find_first_not_of('0'), out.whole.size()));
  if (out.whole.empty()) out.whole += '0';
  while (!out.fraction.empty() && out.fraction.back() == '0') out.fraction.pop_back();
  if (out.is_zero()) out.is_negative = false;
  return out;
}

void NumberBounds::raise_low(const Decimal& value, bool is_open) {
  const auto order = low ? value <=> *low : std::strong_ordering::greater;
  if (order < 0) return;
  low_is_open = order == 0 ? low_is_open || is_open : is_open;
  low = value;
}

void NumberBounds::lower_high(const Decimal& value, bool is_open) {
  const auto order = high ? value <=> *high : std::strong_ordering::less;
  if (order > 0) return;
  high_is_open = order == 0 ? high_is_open || is_open : is_open;
  high = value;
}

bool NumberBounds::contains(const Decimal& value) const {
  if (low && (value < *low || (low_is_open && value == *low))) return false;
  return !high || !(value > *high || (high_is_open && value == *high));
}

Result<Expr> integer_between(GrammarBuilder& b, const NumberBounds& bounds,
                             std::uint64_t multiple_of) {
  if (multiple_of <= 1) return both_signs(b, bounds, true, 1);
  if (!bounds.low || !bounds.high) {
    return fail(Code::unsupported, "`multipleOf` without both a minimum and a maximum");
  }
  if (multiple_of <= kModulusMax) return both_signs(b, bounds, true, multiple_of);
  const auto low = to_int64(*bounds.low, true), high = to_int64(*bounds.high, false);
  if (!low || !high || multiple_of > 1'000'000'000'000'000'000ull) {
    return fail(Code::unsupported, "`multipleOf` ", multiple_of, " over so wide a range");
  }
  const auto m = static_cast<std::int64_t>(multiple_of);
  // The first multiple at or above low; C++ division rounds towards zero.
  std::int64_t first = *low / m * m;
  if (first < *low) first += m;
  if (*high >= first &&
      static_cast<std::uint64_t>(*high - first) / multiple_of > kMultiplesListed) {
    return fail(Code::unsupported, "`multipleOf` ", multiple_of, " over so wide a range");
  }
  std::vector<Expr> parts;
  for (std::int64_t n = first; n <= *high; n += m) {
    TRY(const Decimal value, Decimal::parse(std::to_string(n)));
    if (bounds.contains(value)) parts.push_back(b.literal(std::to_string(n)));
  }
  return b.choice(parts);
}

Expr number_between(GrammarBuilder& b, const NumberBounds& bounds) {
  if (bounds.low || bounds.high) return both_signs(b, bounds, false, 1);
  const Expr digit = b.bytes('0', '9');
  const Expr sign = b.choice({b.literal("-"), b.literal("+")});
  const Expr exponent_mark = b.choice({b.literal("e"), b.literal("E")});
  return b.sequence(
      {b.optional(b.literal("-")),
       b.choice(
           {b.literal("0"), b.sequence({b.bytes('1', '9'), b.repeat(digit, 0, kDigitsMax - 1)})}),
       b.optional(b.sequence({b.literal("."), b.repeat(digit, 1, kDigitsMax)})),
       b.optional(b.sequence({exponent_mark, b.optional(sign), b.repeat(digit, 1, 2)}))});
}

}  // namespace ds4::grammar
