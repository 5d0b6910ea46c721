// The rules of JSON itself, made once per builder and shared by everything in it.
#pragma once

#include <map>
#include <optional>
#include <tuple>

#include "grammar/builder.h"
#include "grammar/code_set.h"

namespace ds4::grammar {

// White space, where it is allowed at all: at most one line end, then at most this many spaces.
// Models indent; they also fall into endless blanks when they can.
inline constexpr std::uint32_t kIndentMax = 20;

class JsonRules {
 public:
  explicit JsonRules(GrammarBuilder& builder) : b_(builder) {}

  Expr space();    // after { [ , : and before } ]
  Expr value();    // any value
  Expr object();   // any object
  Expr array();    // any array
  Expr string();   // any string, in any spelling
  Expr number();   // any number
  Expr integer();  // any integer
  Expr boolean();

  // Strings of min..max characters (no max: any number).
  Expr string_between(std::uint32_t min, std::optional<std::uint32_t> max);
  // Texts of min..max characters, without quotes.
  Expr text_between(std::uint32_t min, std::optional<std::uint32_t> max, Spelling spelling);

 private:
  template <class Make>
  Expr shared(Rule& rule, const char* name, Make make);

  GrammarBuilder& b_;
  Rule space_, value_, object_, array_, string_, number_, integer_, boolean_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Rule> strings_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, Spelling>, Rule> blocks_;
};

// Any JSON object, nested at most 64 deep: the grammar of `json_object`.
Result<Grammar> json_object_grammar();

}  // namespace ds4::grammar
