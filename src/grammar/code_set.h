// Sets of Unicode scalar values, and how a character of such a set is spelled in bytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "grammar/builder.h"

namespace ds4::grammar {

class CodeSet {
 public:
  using Range = std::pair<std::uint32_t, std::uint32_t>;  // both ends belong to it

  CodeSet() = default;
  CodeSet(std::initializer_list<Range> ranges);
  static CodeSet all();  // every scalar value: U+0000..10FFFF without the surrogates

  void add(std::uint32_t low, std::uint32_t high);
  void add(const CodeSet& other);
  void add_other_case();  // of ASCII letters
  CodeSet complement() const;
  CodeSet without(const CodeSet& other) const;
  bool contains(std::uint32_t code) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<Range>& ranges() const { return ranges_; }
  bool operator==(const CodeSet&) const = default;

 private:
  std::vector<Range> ranges_;  // ascending, disjoint, not adjacent
};

// How text is spelled in the bytes a grammar sees.
enum class Spelling {
  raw,   // UTF-8
  json,  // inside a JSON string, one spelling for each character: raw where that is allowed,
         // else the short escape, else \u00xx
  json_escaped,  // inside a JSON string, any spelling: \uxxxx too, pairs for U+10000 and above
};

// One character of the set.
Expr character(GrammarBuilder& builder, const CodeSet& set, Spelling spelling);

// The text, in the one spelling of Spelling::raw or Spelling::json.
std::string spell(std::string_view text, Spelling spelling);

void append_utf8(std::string& out, std::uint32_t code);

}  // namespace ds4::grammar
