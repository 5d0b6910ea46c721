// Numbers between bounds, as automata over their decimal digits: exact, whatever the size.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grammar/builder.h"

namespace ds4::grammar {

// Without bounds, an integer is written with at most this many digits (enough for every 64-bit
// number), and so is a number's fraction; a reader's double then never overflows.
inline constexpr int kDigitsMax = 20;

// A decimal number, exactly.
struct Decimal {
  bool is_negative = false;
  std::string whole = "0";  // at least one digit, no leading zeros
  std::string fraction;     // no trailing zeros

  bool is_zero() const { return whole == "0" && fraction.empty(); }
  bool is_integer() const { return fraction.empty(); }
  Decimal negated() const;
  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const = default;

  // Reads a JSON number; fails when it has more than 60 digits before or after the point.
  static Result<Decimal> parse(std::string_view text);
};

struct NumberBounds {
  std::optional<Decimal> low, high;
  bool low_is_open = false, high_is_open = false;  // the bound itself is outside

  // Makes the bounds narrower.
  void raise_low(const Decimal& value, bool is_open);
  void lower_high(const Decimal& value, bool is_open);
  bool contains(const Decimal& value) const;
};

// Integers, written without fraction and exponent. `multiple_of` 1 means any.
Result<Expr> integer_between(GrammarBuilder& builder, const NumberBounds& bounds,
                             std::uint64_t multiple_of);

// Numbers; with an exponent only when there are no bounds.
Expr number_between(GrammarBuilder& builder, const NumberBounds& bounds);

}  // namespace ds4::grammar
