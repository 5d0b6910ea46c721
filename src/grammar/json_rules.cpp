#include "grammar/json_rules.h"

#include "grammar/number.h"

namespace ds4::grammar {
namespace {

// Lengths beyond this are counted in blocks, each a rule: the states then number two blocks and the
// blocks, not every character.
constexpr std::uint32_t kBlock = 128;
// More characters than any answer can hold: no bound.
constexpr std::uint32_t kLengthMax = 1'000'000;
constexpr std::uint32_t kJsonObjectDepth = 64;

}  // namespace

template <class Make>
Expr JsonRules::shared(Rule& rule, const char* name, Make make) {
  if (rule.id == kNone) {
    rule = b_.declare(name);
    b_.define(rule, make());
  }
  return b_.call(rule);
}

Expr JsonRules::space() {
  return shared(space_, "white space", [&] {
    return b_.sequence({b_.optional(b_.literal("\n")), b_.repeat(b_.literal(" "), 0, kIndentMax)});
  });
}

Expr JsonRules::string() {
  return shared(string_, "string", [&] {
    return b_.sequence({b_.literal("\""),
                        b_.repeat(character(b_, CodeSet::all(), Spelling::json_escaped), 0),
                        b_.literal("\"")});
  });
}

Expr JsonRules::number() {
  return shared(number_, "number", [&] { return number_between(b_, {}); });
}

Expr JsonRules::integer() {
  return shared(integer_, "integer", [&] {
    return b_.choice(
        {b_.literal("0"), b_.sequence({b_.optional(b_.literal("-")), b_.bytes('1', '9'),
                                       b_.repeat(b_.bytes('0', '9'), 0, kDigitsMax - 1)})});
  });
}

Expr JsonRules::boolean() {
  return shared(boolean_, "boolean", [&] {
    return b_.choice({b_.literal("true"), b_.literal("false")});
  });
}

Expr JsonRules::value() {
  return shared(value_, "value", [&] {
    return b_.choice({object(), array(), string(), number(), boolean(), b_.literal("null")});
  });
}

Expr JsonRules::object() {
  return shared(object_, "object", [&] {
    const Expr member = b_.sequence({string(), b_.literal(":"), space(), value()});
    const Expr more = b_.sequence({b_.literal(","), space(), member});
    return b_.sequence({b_.literal("{"), space(),
                        b_.optional(b_.sequence({member, b_.repeat(more, 0), space()})),
                        b_.literal("}")});
  });
}

Expr JsonRules::array() {
  return shared(array_, "array", [&] {
    const Expr more = b_.sequence({b_.literal(","), space(), value()});
    return b_.sequence({b_.literal("["), space(),
                        b_.optional(b_.sequence({value(), b_.repeat(more, 0), space()})),
                        b_.literal("]")});
  });
}

Expr JsonRules::text_between(std::uint32_t min, std::optional<std::uint32_t> max,
                             Spelling spelling) {
  const Expr one = character(b_, CodeSet::all(), spelling);
  const bool is_bounded = max && *max < kLengthMax;
  std::uint32_t most = is_bounded ? *max : kUnbounded;
  min = std::min(min, kLengthMax);
  if (most < min) return b_.never();
  auto block = [&](std::uint32_t from, std::uint32_t to) {
    Rule& rule = blocks_[{from, to, spelling}];
    if (rule.id == kNone) rule = b_.add_rule("characters", b_.repeat(one, from, to));
    return b_.call(rule);
  };
  std::vector<Expr> parts;
  for (; min > 2 * kBlock; min -= kBlock) {
    parts.push_back(block(kBlock, kBlock));
    if (is_bounded) most -= kBlock;
  }
  if (!is_bounded || most <= 4 * kBlock) {
    parts.push_back(b_.repeat(one, min, most));
    return b_.sequence(parts);
  }
  // The rest is some whole blocks and then less than one, or ends in the last.
  parts.push_back(b_.repeat(one, min, min));
  std::uint32_t left = most - min;
  Graph graph;
  graph.entry = graph.add_node();
  const std::uint32_t exit = graph.add_node();
  graph.exits = {exit};
  std::uint32_t at = graph.entry;
  for (; left > kBlock; left -= kBlock) {
    const std::uint32_t next = graph.add_node();
    graph.add(at, block(0, kBlock - 1), exit);
    graph.add(at, block(kBlock, kBlock), next);
    at = next;
  }
  graph.add(at, block(0, left), exit);
  parts.push_back(b_.graph(std::move(graph)));
  return b_.sequence(parts);
}

Expr JsonRules::string_between(std::uint32_t min, std::optional<std::uint32_t> max) {
  if (min == 0 && !max) return string();
  Rule& rule = strings_[{min, max.value_or(kNone)}];
  if (rule.id == kNone) {
    rule = b_.add_rule(
        "string", b_.sequence({b_.literal("\""), text_between(min, max, Spelling::json_escaped),
                               b_.literal("\"")}));
  }
  return b_.call(rule);
}

Result<Grammar> json_object_grammar() {
  GrammarBuilder builder;
  JsonRules json(builder);
  const Rule root = builder.add_rule("json object", json.object());
  return builder.build(root, kJsonObjectDepth);
}

}  // namespace ds4::grammar
