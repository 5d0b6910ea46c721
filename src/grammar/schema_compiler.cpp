#include "grammar/schema_compiler.h"

#include <algorithm>
#include <set>

#include "grammar/format.h"
#include "grammar/regex.h"
#include "grammar/vocabulary.h"

namespace ds4::grammar {
namespace {

constexpr std::size_t kChoicesMax = 1000;

bool is_false(const Json& schema) {
  return schema.is_bool() && !schema.as_bool();
}
bool is_true(const Json& schema) {
  return (schema.is_bool() && schema.as_bool()) ||
         (schema.is_object() && schema.as_object().empty());
}

unsigned type_of(const Json& value) {
  if (value.is_null()) return kNull;
  if (value.is_bool()) return kBoolean;
  if (value.is_string()) return kString;
  if (value.is_array()) return kArray;
  if (value.is_object()) return kObject;
  const auto number = Decimal::parse(value.as_number().text);
  return number.ok() && number->is_integer() ? kInteger : kFraction;
}

// Numbers are equal by value, everything else by its text.
bool same_value(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    const auto x = Decimal::parse(a.as_number().text), y = Decimal::parse(b.as_number().text);
    if (x.ok() && y.ok()) return *x == *y;
  }
  return a == b;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

void SchemaCompiler::add_part(Set& set, const Json& schema) {
  if (is_true(schema)) return;
  const Part part{&schema, false};
  if (std::find(set.begin(), set.end(), part) == set.end()) set.push_back(part);
}

// The order of a set says in which order keys are written; it makes no other set.
std::pair<SchemaCompiler::Set, SchemaCompiler::Form> SchemaCompiler::key_of(Set set, Form form) {
  std::sort(set.begin(), set.end());
  return {std::move(set), form};
}

Expr SchemaCompiler::call(const Set& set, Form form) {
  if (set.empty() && form == Form::json) return json_.value();
  auto [it, is_new] = rules_.try_emplace(key_of(set, form));
  if (is_new) {
    std::string name(1, '#');
    if (!set.empty()) name += reader_.pointer_of(*set.front().schema);
    it->second = b_.declare(std::move(name));
    open_.emplace_back(set, form);
  }
  return b_.call(it->second);
}

Result<void> SchemaCompiler::finish() {
  while (!open_.empty()) {
    if (rules_.size() > kSchemaNodesMax) {
      return fail(Code::too_large, "schema too complex: expands to more than ", kSchemaNodesMax,
                  " nodes");
    }
    const auto [set, form] = std::move(open_.front());
    open_.pop_front();
    TRY(const Expr body, expression(set, form));
    b_.define(rules_.at(key_of(set, form)), body);
  }
  return {};
}

Result<SchemaCompiler::Flat> SchemaCompiler::flatten(const Set& set) {
  Flat flat;
  std::set<Part> seen;
  std::vector<Part> open(set.rbegin(), set.rend());
  while (!open.empty()) {
    const Part part = open.back();
    open.pop_back();
    if (!seen.insert(part).second) continue;
    TRY_DO(b_.budget().spend_steps(16));
    TRY(const Keywords* k, reader_.read(*part.schema));
    flat.is_never |= k->is_never;
    if (k->says_something()) {
      flat.parts.push_back(k);
      flat.own.push_back({part.schema, true});
    }
    if (part.is_own) continue;
    for (const auto& group : k->alternatives) flat.alternatives.push_back(group);
    for (auto it = k->all_of.rbegin(); it != k->all_of.rend(); ++it) open.push_back({*it, false});
    if (k->reference != nullptr) open.push_back({k->reference, false});
  }
  return flat;
}

// Every way to take one branch of each alternative. Branches may hold alternatives of their own:
// those stay for the rule of the choice.
Result<std::vector<SchemaCompiler::Set>> SchemaCompiler::choices(const Set& set) {
  std::vector<Set> done, open{set};
  while (!open.empty()) {
    const Set next = std::move(open.back());
    open.pop_back();
    TRY(const Flat flat, flatten(next));
    if (flat.is_never) continue;
    if (flat.alternatives.empty()) {
      done.push_back(flat.own);
      continue;
    }
    std::vector<Set> combined{flat.own};
    for (const auto& group : flat.alternatives) {
      std::vector<Set> longer;
      for (const Set& so_far : combined) {
        for (const Json* branch : group) {
          longer.push_back(so_far);
          add_part(longer.back(), *branch);
        }
      }
      combined = std::move(longer);
      if (combined.size() > kChoicesMax) break;
    }
    for (Set& one : combined) {
      if (one == next) {
        return fail(Code::bad_argument, "schema at #", reader_.pointer_of(*next.front().schema),
                    ": an alternative refers to itself");
      }
      open.push_back(std::move(one));
    }
    if (done.size() + open.size() > kChoicesMax) {
      return fail(Code::too_large, "schema too complex: alternatives multiply to more than ",
                  kChoicesMax);
    }
    TRY_DO(b_.budget().spend_steps(100));
  }
  return done;
}

unsigned SchemaCompiler::types_of(const Flat& flat) {
  unsigned types = kAnyType, implied = 0;
  bool is_typed = false;
  for (const Keywords* k : flat.parts) {
    if (k->types) types &= *k->types;
    is_typed |= k->types.has_value() || k->one_of_values || k->only_value;
    if (!k->properties.empty() || !k->required.empty() || k->additional) implied |= kObject;
    if (!k->prefix_items.empty() || k->items || k->min_items || k->max_items) implied |= kArray;
    if (k->min_length || k->max_length || k->pattern || k->format) implied |= kString;
    if (k->bounds.low || k->bounds.high) implied |= kNumber;
    if (k->multiple_of != 1) implied |= kInteger;
  }
  return is_typed || implied == 0 ? types : types & implied;
}

Result<Expr> SchemaCompiler::expression(const Set& set, Form form) {
  TRY(const Flat flat, flatten(set));
  if (flat.is_never) return b_.never();
  if (!flat.alternatives.empty()) {
    // One rule for each choice: equal ones are shared with other places.
    std::vector<Set> combined{flat.own};
    for (const auto& group : flat.alternatives) {
      std::vector<Set> longer;
      for (const Set& so_far : combined) {
        for (const Json* branch : group) {
          if (is_false(*branch)) continue;
          longer.push_back(so_far);
          add_part(longer.back(), *branch);
        }
      }
      combined = std::move(longer);
      if (combined.size() > kChoicesMax) {
        return fail(Code::too_large, "schema too complex: alternatives multiply to more than ",
                    kChoicesMax);
      }
    }
    std::vector<Expr> parts;
    for (const Set& one : combined) parts.push_back(call(one, form));
    return b_.choice(parts);
  }

  unsigned types = types_of(flat);
  if (form == Form::raw_string) types &= kString;
  if (form == Form::json_without_strings) types &= ~static_cast<unsigned>(kString);
  for (const Keywords* k : flat.parts) {
    if (k->one_of_values || k->only_value) return listed_values(flat, types, form);
  }
  std::vector<Expr> parts;
  if (types & kNull) parts.push_back(b_.literal("null"));
  if (types & kBoolean) parts.push_back(json_.boolean());
  if (types & kNumber) {
    TRY(const Expr one, number(flat, (types & kFraction) == 0));
    parts.push_back(one);
  }
  if (types & kString) {
    TRY(const Expr one, string(flat, form));
    parts.push_back(one);
  }
  if (types & kArray) {
    TRY(const Expr one, array(flat));
    parts.push_back(one);
  }
  if (types & kObject) {
    TRY(const Expr one, object(flat));
    parts.push_back(one);
  }
  return b_.choice(parts);
}

Result<Expr> SchemaCompiler::listed_values(const Flat& flat, unsigned types, Form form) {
  std::vector<const Json*> values;
  bool is_first = true;
  auto keep_common = [&](auto is_listed, auto each) {
    if (is_first) {
      each([&](const Json& v) { values.push_back(&v); });
    } else {
      std::erase_if(values, [&](const Json* v) { return !is_listed(*v); });
    }
    is_first = false;
  };
  for (const Keywords* k : flat.parts) {
    if (k->one_of_values) {
      TRY_DO(b_.budget().spend_steps(k->one_of_values->size() * (values.size() + 1)));
      keep_common(
          [&](const Json& v) {
            return std::any_of(k->one_of_values->begin(), k->one_of_values->end(),
                               [&](const Json& other) { return same_value(v, other); });
          },
          [&](auto add) {
            for (const Json& v : *k->one_of_values) add(v);
          });
    }
    if (k->only_value) {
      keep_common([&](const Json& v) { return same_value(v, *k->only_value); },
                  [&](auto add) { add(*k->only_value); });
    }
  }
  std::vector<Expr> parts;
  for (const Json* value : values) {
    TRY(const bool is_valid, matches(*value, flat, types));
    if (!is_valid) continue;
    if (form == Form::raw_string) {
      if (raw_text_ == nullptr || raw_text_->accepts(value->as_string())) {
        parts.push_back(b_.literal(value->as_string()));
      }
    } else {
      parts.push_back(b_.literal(to_text(*value)));
      const std::string spaced = to_text(*value, JsonStyle::spaced);
      if (value->is_array() || value->is_object()) parts.push_back(b_.literal(spaced));
    }
  }
  return b_.choice(parts);
}

// Whether a listed value satisfies the other keywords.
Result<bool> SchemaCompiler::matches(const Json& value, const Flat& flat, unsigned types) {
  if ((types & type_of(value)) == 0) return false;
  for (const Keywords* k : flat.parts) {
    if (value.is_number()) {
      TRY(const Decimal number, Decimal::parse(value.as_number().text));
      if (!k->bounds.contains(number)) return false;
      if (k->multiple_of != 1) {
        if (!number.is_integer()) return false;
        std::uint64_t rest = 0;
        for (char c : number.whole)
          rest = (rest * 10 + static_cast<unsigned>(c - '0')) % k->multiple_of;
        if (rest != 0) return false;
      }
    }
    if (value.is_string()) {
      const std::size_t length = count_characters(value.as_string());
      if (length < k->min_length || (k->max_length && length > *k->max_length)) return false;
      if (k->pattern) {
        TRY(const Dfa dfa, pattern(*k->pattern, Spelling::raw, k->pointer + "/pattern"));
        if (!dfa.accepts(value.as_string())) return false;
      }
      const std::string_view format = k->format ? format_pattern(*k->format) : std::string_view();
      if (!format.empty()) {
        TRY(const Dfa dfa, pattern(std::string(format), Spelling::raw, k->pointer + "/format"));
        if (!dfa.accepts(value.as_string())) return false;
      }
    }
    const bool has_object_keywords =
        !k->properties.empty() || !k->required.empty() || k->additional;
    const bool has_array_keywords =
        !k->prefix_items.empty() || k->items || k->min_items || k->max_items;
    if ((value.is_object() && has_object_keywords) || (value.is_array() && has_array_keywords)) {
      return fail(Code::unsupported, "schema at #", k->pointer,
                  ": `enum` or `const` with objects or arrays beside keywords about them is not "
                  "supported");
    }
  }
  return true;
}

Result<Dfa> SchemaCompiler::pattern(const std::string& text, Spelling spelling,
                                    const std::string& pointer) {
  const auto known = patterns_.find({text, spelling});
  if (known != patterns_.end()) return known->second;
  auto dfa = compile_regex(b_, text, {.spelling = spelling, .is_search = true});
  if (!dfa.ok()) {
    return fail(dfa.error().code, "schema at #", pointer, ": ", dfa.error().message);
  }
  patterns_.emplace(std::pair(text, spelling), *dfa);
  return *std::move(dfa);
}

// The body of a string under patterns and formats; nothing when there are none.
Result<std::optional<Dfa>> SchemaCompiler::text_automaton(const Flat& flat, Spelling spelling) {
  std::optional<Dfa> all;
  auto also = [&](const Dfa& dfa) -> Result<void> {
    if (!all) {
      all = dfa;
    } else {
      TRY(all, intersect(*all, dfa, b_.budget()));
    }
    return {};
  };
  std::uint32_t min = 0, max = kUnbounded;
  for (const Keywords* k : flat.parts) {
    min = std::max(min, k->min_length);
    max = std::min(max, k->max_length.value_or(kUnbounded));
    if (k->pattern) {
      TRY(const Dfa dfa, pattern(*k->pattern, spelling, k->pointer + "/pattern"));
      TRY_DO(also(dfa));
    }
    if (!k->format) continue;
    const std::string_view format = format_pattern(*k->format);
    if (!format.empty()) {
      TRY(const Dfa dfa, pattern(std::string(format), spelling, k->pointer + "/format"));
      TRY_DO(also(dfa));
      continue;
    }
    const Error error = fail(Code::unsupported, "schema at #", k->pointer, "/format: the format `",
                             *k->format, "` is not supported");
    if (is_strict_) return error;
    warnings_.push_back(error.message + "; ignored");
  }
  if (!all) return all;
  if (min == 0 && max == kUnbounded) return all;
  const Expr one = character(b_, CodeSet::all(), spelling);
  TRY(const Dfa length, b_.dfa_of(b_.repeat(one, min, std::max(min, max))));
  if (max < min) return std::optional<Dfa>(Dfa{{Dfa::State{}}});
  TRY_DO(also(length));
  return all;
}

Result<Expr> SchemaCompiler::string(const Flat& flat, Form form) {
  const Spelling spelling = form == Form::raw_string ? Spelling::raw : Spelling::json;
  TRY(std::optional<Dfa> dfa, text_automaton(flat, spelling));
  std::uint32_t min = 0;
  std::optional<std::uint32_t> max;
  for (const Keywords* k : flat.parts) {
    min = std::max(min, k->min_length);
    if (k->max_length) max = std::min(max.value_or(kNone), *k->max_length);
  }
  if (form != Form::raw_string) {
    if (!dfa) return json_.string_between(min, max);
    return b_.sequence({b_.literal("\""), b_.automaton(*std::move(dfa)), b_.literal("\"")});
  }
  if (!dfa && min == 0 && !max && raw_text_) return b_.automaton(*raw_text_);
  if (!dfa) {
    // The blocks of long texts are rules: such a text is not held against the end mark.
    if (!raw_text_ || max.value_or(min) > 256) return json_.text_between(min, max, Spelling::raw);
    TRY(dfa, b_.dfa_of(b_.repeat(character(b_, CodeSet::all(), Spelling::raw), min,
                                 std::max(min, max.value_or(kUnbounded)))));
  }
  if (raw_text_) {
    TRY(dfa, intersect(*dfa, *raw_text_, b_.budget()));
  }
  return b_.automaton(*std::move(dfa));
}

Result<Expr> SchemaCompiler::number(const Flat& flat, bool is_integer) {
  NumberBounds bounds;
  std::uint64_t multiple_of = 1;
  const Keywords* multiple_from = nullptr;
  for (const Keywords* k : flat.parts) {
    if (k->bounds.low) bounds.raise_low(*k->bounds.low, k->bounds.low_is_open);
    if (k->bounds.high) bounds.lower_high(*k->bounds.high, k->bounds.high_is_open);
    if (k->multiple_of == 1) continue;
    if (multiple_from && multiple_of != k->multiple_of) {
      return fail(Code::unsupported, "schema at #", k->pointer,
                  ": two different `multipleOf` for one value are not supported");
    }
    multiple_of = k->multiple_of;
    multiple_from = k;
  }
  if (multiple_from && !is_integer) {
    const Error error = fail(Code::unsupported, "schema at #", multiple_from->pointer,
                             "/multipleOf: `multipleOf` for numbers other than integers is not "
                             "supported");
    if (is_strict_) return error;
    warnings_.push_back(error.message + "; ignored");
    multiple_of = 1;
  }
  if (!bounds.low && !bounds.high && multiple_of == 1) {
    return is_integer ? json_.integer() : json_.number();
  }
  if (!is_integer) return number_between(b_, bounds);
  auto digits = integer_between(b_, bounds, multiple_of);
  if (digits.ok()) return digits;
  const Error error = fail(digits.error().code, "schema at #", multiple_from->pointer,
                           "/multipleOf: ", digits.error().message, " is not supported");
  if (is_strict_) return error;
  warnings_.push_back(error.message + "; ignored");
  return integer_between(b_, bounds, 1);
}

Result<bool> SchemaCompiler::name_matches(const std::string& text, std::string_view name) {
  TRY(const Dfa dfa, pattern(text, Spelling::raw, ""));
  return dfa.accepts(name);
}

Result<std::optional<SchemaCompiler::Shape>> SchemaCompiler::object_shape(const Set& set) {
  TRY(const Flat flat, flatten(set));
  if (flat.is_never || (types_of(flat) & kObject) == 0) return std::optional<Shape>();
  Shape shape;
  std::map<std::string_view, std::size_t> index;
  auto declare = [&](std::string_view name) -> Property& {
    const auto [it, is_new] = index.try_emplace(name, shape.properties.size());
    if (is_new) shape.properties.push_back({std::string(name), false, false, {}});
    return shape.properties[it->second];
  };
  for (const Keywords* k : flat.parts) {
    for (const auto& [name, schema] : k->properties) declare(name);
  }
  for (const Keywords* k : flat.parts) {
    for (std::string_view name : k->required) declare(name).is_required = true;
  }
  for (const Keywords* k : flat.parts) {
    std::map<std::string_view, const Json*> known(k->properties.begin(), k->properties.end());
    for (Property& property : shape.properties) {
      TRY_DO(b_.budget().spend_steps(4));
      const auto declared = known.find(property.name);
      bool is_covered = declared != known.end();
      if (is_covered) add_part(property.set, *declared->second);
      if (k->key_pattern) {
        auto is_match = pattern(*k->key_pattern, Spelling::raw, k->pointer + "/patternProperties");
        if (!is_match.ok()) return is_match.error();
        if (is_match->accepts(property.name)) {
          add_part(property.set, *k->key_pattern_schema);
          is_covered = true;
        }
      }
      if (!is_covered && k->additional) add_part(property.set, *k->additional);
    }
    if (k->key_pattern) {
      if (shape.other_pattern && *shape.other_pattern != *k->key_pattern) {
        return fail(Code::unsupported, "schema at #", k->pointer,
                    ": two different `patternProperties` for one object are not supported");
      }
      shape.other_pattern = k->key_pattern;
      add_part(shape.others, *k->key_pattern_schema);
    } else if (k->additional) {
      shape.allows_others &= !is_false(*k->additional);
      add_part(shape.others, *k->additional);
    }
  }
  for (Property& property : shape.properties) {
    for (const Part& part : property.set) property.is_forbidden |= is_false(*part.schema);
    if (property.is_forbidden && property.is_required) return std::optional<Shape>();
  }
  for (const Part& part : shape.others) shape.allows_others &= !is_false(*part.schema);
  return std::optional<Shape>(std::move(shape));
}

Result<Dfa> SchemaCompiler::other_names(const Shape& shape, Spelling spelling) {
  Dfa names;
  if (shape.other_pattern) {
    TRY(names, pattern(*shape.other_pattern, spelling, ""));
  } else {
    TRY(names, b_.dfa_of(b_.repeat(character(b_, CodeSet::all(), spelling), 0)));
  }
  std::vector<std::string> declared;
  for (const Property& p : shape.properties) declared.push_back(spell(p.name, spelling));
  return without_words(names, declared, b_.budget());
}

// The places between members: after a comma some member must follow, from the next one on.
Result<Expr> SchemaCompiler::object(const Flat& flat) {
  TRY(const std::optional<Shape> shape, object_shape(flat.own));
  if (!shape) return b_.never();
  Graph g;
  g.entry = g.add_node();
  const std::uint32_t exit = g.add_node();
  g.exits = {exit};
  const Expr comma = b_.sequence({b_.literal(","), json_.space()});
  const Expr colon = b_.sequence({b_.literal(":"), json_.space()});
  const Expr close = b_.sequence({json_.space(), b_.literal("}")});
  std::vector<const Property*> listed;
  for (const Property& p : shape->properties) {
    if (!p.is_forbidden) listed.push_back(&p);
  }
  const std::size_t count = listed.size();
  // must[i]: a member from i on comes next. may[i]: one was written, i is the next candidate.
  std::vector<std::uint32_t> must(count + 1), may(count + 1);
  std::vector<bool> may_close(count + 1, true);
  for (std::size_t i = 0; i <= count; ++i) must[i] = g.add_node(), may[i] = g.add_node();
  for (std::size_t i = count; i-- > 0;) may_close[i] = may_close[i + 1] && !listed[i]->is_required;
  const std::uint32_t opened = g.add_node();
  g.add(g.entry, b_.sequence({b_.literal("{"), json_.space()}), opened);
  g.add(opened, b_.empty(), must[0]);
  if (may_close[0]) g.add(opened, b_.literal("}"), exit);
  for (std::size_t i = 0; i <= count; ++i) {
    g.add(may[i], comma, must[i]);
    if (may_close[i]) g.add(may[i], close, exit);
    if (i == count) break;
    std::string key;
    append_json_string(key, listed[i]->name);
    g.add(must[i], b_.sequence({b_.literal(key), colon, call(listed[i]->set, Form::json)}),
          may[i + 1]);
    if (!listed[i]->is_required) g.add(must[i], b_.empty(), must[i + 1]);
  }
  if (shape->allows_others) {
    TRY(Dfa names, other_names(*shape, Spelling::json));
    const Rule key = b_.add_rule(
        "key", b_.sequence({b_.literal("\""), b_.automaton(std::move(names)), b_.literal("\"")}));
    g.add(must[count], b_.sequence({b_.call(key), colon, call(shape->others, Form::json)}),
          may[count]);
  }
  return b_.graph(std::move(g));
}

Result<Expr> SchemaCompiler::array(const Flat& flat) {
  std::uint32_t min = 0, max = kUnbounded;
  std::size_t prefix = 0;
  for (const Keywords* k : flat.parts) {
    min = std::max(min, k->min_items);
    max = std::min(max, k->max_items.value_or(kUnbounded));
    prefix = std::max(prefix, k->prefix_items.size());
  }
  // The schemas of item i; past every prefix they repeat.
  auto item = [&](std::size_t i, bool& is_forbidden) {
    Set set;
    is_forbidden = false;
    for (const Keywords* k : flat.parts) {
      const Json* schema = i < k->prefix_items.size() ? k->prefix_items[i] : k->items;
      if (schema == nullptr) continue;
      is_forbidden |= is_false(*schema);
      add_part(set, *schema);
    }
    return set;
  };
  const Expr comma = b_.sequence({b_.literal(","), json_.space()});
  const Expr close = b_.sequence({json_.space(), b_.literal("]")});
  Graph g;
  g.entry = g.add_node();
  const std::uint32_t exit = g.add_node();
  g.exits = {exit};
  std::uint32_t at = g.add_node();
  g.add(g.entry, b_.sequence({b_.literal("["), json_.space()}), at);
  if (min == 0) g.add(at, b_.literal("]"), exit);
  for (std::size_t i = 0; i < max; ++i) {
    bool is_forbidden = false;
    const Set set = item(i, is_forbidden);
    if (is_forbidden) break;
    const Expr one = call(set, Form::json);
    const std::uint32_t next = g.add_node();
    g.add(at, i == 0 ? one : b_.sequence({comma, one}), next);
    at = next;
    if (i + 1 >= min) g.add(at, close, exit);
    if (max == kUnbounded && i + 1 >= std::max<std::size_t>({prefix + 1, min, 1})) {
      g.add(at, b_.sequence({comma, one}), at);
      break;
    }
  }
  return b_.graph(std::move(g));
}

}  // namespace ds4::grammar
