// The compiler behind json_schema.h: conjunctions of schemas to rules.
//
// The unit is a set of schemas that must all hold. A property declared in three branches of an
// `allOf` has the set of its three schemas; `$ref` adds its target to the set; `anyOf` is a choice
// of sets. Equal sets share a rule, so recursion closes and exponential references stay linear.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grammar/json_rules.h"
#include "grammar/json_schema.h"
#include "grammar/schema_reader.h"

namespace ds4::grammar {

class SchemaCompiler {
 public:
  // Which values of a set are meant, and how they are spelled.
  enum class Form { json, json_without_strings, raw_string };

  // A schema in a set; `is_own` leaves its references and alternatives out: they are in the set
  // by themselves.
  struct Part {
    const Json* schema;
    bool is_own;
    auto operator<=>(const Part&) const = default;
  };
  using Set = std::vector<Part>;  // each once, in the order in which they were met

  SchemaCompiler(GrammarBuilder& builder, const Json& root, bool is_strict, const Dfa* raw_text,
                 std::vector<std::string>& warnings)
      : b_(builder),
        json_(builder),
        reader_(root, is_strict, warnings),
        raw_text_(raw_text),
        is_strict_(is_strict),
        warnings_(warnings) {}

  static Set set_of(const Json& schema) { return {{&schema, false}}; }

  Expr call(const Set& set, Form form);
  // Defines all rules that were called. Before building the grammar.
  Result<void> finish();

  // What an object of the set looks like.
  struct Property {
    std::string name;
    bool is_required = false;
    bool is_forbidden = false;
    Set set;
  };
  struct Shape {
    std::vector<Property> properties;
    bool allows_others = true;
    Set others;
    const std::string* other_pattern = nullptr;  // their names must match it
  };
  // The set without its alternatives: one entry for each choice of them.
  Result<std::vector<Set>> choices(const Set& set);
  // Of a set from choices(); nothing if it cannot be an object.
  Result<std::optional<Shape>> object_shape(const Set& set);
  // Names that are not declared, in this spelling.
  Result<Dfa> other_names(const Shape& shape, Spelling spelling);

 private:
  // A set with everything it refers to, and its alternatives still to be chosen.
  struct Flat {
    std::vector<const Keywords*> parts;
    std::vector<std::vector<const Json*>> alternatives;
    Set own;  // the parts as a set
    bool is_never = false;
  };

  Result<Flat> flatten(const Set& set);
  Result<Expr> expression(const Set& set, Form form);
  Result<Expr> listed_values(const Flat& flat, unsigned types, Form form);
  Result<bool> matches(const Json& value, const Flat& flat, unsigned types);
  Result<Expr> string(const Flat& flat, Form form);
  Result<std::optional<Dfa>> text_automaton(const Flat& flat, Spelling spelling);
  Result<Expr> number(const Flat& flat, bool is_integer);
  Result<Expr> object(const Flat& flat);
  Result<Expr> array(const Flat& flat);
  Result<bool> name_matches(const std::string& pattern, std::string_view name);
  Result<Dfa> pattern(const std::string& pattern, Spelling spelling, const std::string& pointer);
  static unsigned types_of(const Flat& flat);
  static std::pair<Set, Form> key_of(Set set, Form form);
  static void add_part(Set& set, const Json& schema);

  GrammarBuilder& b_;
  JsonRules json_;
  SchemaReader reader_;
  const Dfa* raw_text_;
  bool is_strict_;
  std::vector<std::string>& warnings_;
  std::map<std::pair<Set, Form>, Rule> rules_;
  std::deque<std::pair<Set, Form>> open_;
  std::map<std::pair<std::string, Spelling>, Dfa> patterns_;
};

}  // namespace ds4::grammar
