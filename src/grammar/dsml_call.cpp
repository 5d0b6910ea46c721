#include "grammar/dsml_call.h"

#include "grammar/code_set.h"
#include "grammar/json_schema.h"
#include "grammar/lark.h"
#include "grammar/regex.h"
#include "grammar/vocabulary.h"
#include "text/calls_block.h"

namespace ds4::grammar {
namespace {

constexpr std::size_t kToolsMax = 512;
// Up to this many parameters come in any order, each at most once: a node for every set of them.
constexpr std::size_t kAnyOrderMax = 8;
constexpr std::string_view kMarkName =
    "\xEF\xBD\x9C"
    "DSML\xEF\xBD\x9C";

// Only the top level's declared types, for tools that are not strict.
Json typed_only(const Json& schema) {
  Json properties = Json::object();
  if (const Json* declared = schema.find("properties"); declared && declared->is_object()) {
    for (const auto& [name, one] : declared->as_object()) {
      Json kept = Json::object();
      for (const char* keyword : {"type", "nullable"}) {
        if (const Json* value = one.find(keyword)) kept.set(keyword, *value);
      }
      properties.set(name, std::move(kept));
    }
  }
  Json out = Json::object();
  out.set("type", "object");
  out.set("properties", std::move(properties));
  return out;
}

class Writer {
 public:
  Writer(GrammarBuilder& builder, const DsmlOptions& options, std::vector<std::string>& warnings)
      : b_(builder), options_(options), warnings_(warnings) {
    if (options.mark_is_token) mark_ += kMarkByte;
    mark_ += kMarkName;
  }

  Result<Rule> write(const std::vector<DsmlTool>& tools) {
    TRY(raw_text_, text_without(tag("</", "parameter>"), b_.budget()));
    std::vector<Expr> any, first;
    for (const DsmlTool& tool : tools) {
      auto body = tool.custom ? custom_body(tool) : function_body(tool);
      if (!body.ok()) {
        return fail(body.error().code, "tool `", tool.name, "`: ", body.error().message);
      }
      const Rule rule = b_.add_rule("arguments of " + tool.name, *body);
      const std::string open =
          tag("<", "invoke name=\"") + text::escaped_attribute(tool.name) + "\">\n";
      const Expr invoke =
          b_.sequence({b_.literal(open), b_.call(rule), b_.literal(tag("</", "invoke>"))});
      any.push_back(invoke);
      if (tool.name == options_.first_name) first.push_back(invoke);
    }
    if (!options_.first_name.empty() && first.empty()) {
      return fail(Code::bad_argument, "the forced tool `", options_.first_name, "` is not offered");
    }
    std::string opening;
    if (options_.start == DsmlStart::separator) opening += "\n\n";
    if (options_.start != DsmlStart::inside) opening += tag("<", "tool_calls>");
    std::vector<Expr> parts{b_.literal(opening + "\n"),
                            b_.choice(options_.first_name.empty() ? any : first)};
    if (!options_.one_call_only) {
      parts.push_back(b_.repeat(b_.sequence({b_.literal("\n"), b_.choice(any)}), 0));
    }
    parts.push_back(b_.literal("\n"));
    parts.push_back(b_.literal(tag("</", "tool_calls>")));
    return b_.add_rule("tool calls", b_.sequence(parts));
  }

 private:
  std::string tag(std::string_view open, std::string_view rest) const {
    std::string out(open);
    out += mark_;
    out += rest;
    return out;
  }

  // `name` is the attribute as written; text and value may be never().
  Expr parameter(Expr name, Expr text, Expr value) {
    const Expr close = b_.literal(tag("</", "parameter>"));
    return b_.sequence({b_.literal(tag("<", "parameter name=\"")), name,
                        b_.choice({b_.sequence({b_.literal("\" string=\"true\">"), text}),
                                   b_.sequence({b_.literal("\" string=\"false\">"), value})}),
                        close});
  }

  Result<Expr> custom_body(const DsmlTool& tool) {
    const DsmlCustom& custom = *tool.custom;
    Expr text = b_.automaton(raw_text_);
    if (custom.syntax == DsmlCustom::Syntax::regex) {
      TRY(Dfa dfa, compile_regex(b_, custom.definition));
      TRY(dfa, intersect(dfa, raw_text_, b_.budget()));
      text = b_.automaton(std::move(dfa));
    } else if (custom.syntax == DsmlCustom::Syntax::lark) {
      TRY(const Rule start, add_lark(b_, custom.definition));
      text = b_.call(start);
    }
    const Expr name = b_.literal(text::escaped_attribute(custom.parameter));
    return b_.sequence({parameter(name, text, b_.never()), b_.literal("\n")});
  }

  Result<Expr> function_body(const DsmlTool& tool) {
    const Json schema = tool.is_strict ? tool.parameters : typed_only(tool.parameters);
    TRY(const std::vector<SchemaMembers> ways,
        schema_members(b_, schema, {.is_strict = tool.is_strict, .raw_text = &raw_text_},
                       warnings_));
    std::vector<Expr> parts;
    for (const SchemaMembers& way : ways) {
      TRY(const Expr one, members(way));
      parts.push_back(one);
    }
    return b_.choice(parts);
  }

  // Names of undeclared parameters: without the characters that an attribute would have to escape.
  Result<Expr> other_parameter(const SchemaMembers& way) {
    const CodeSet plain =
        CodeSet::all().without({{'"', '"'}, {'<', '<'}, {'>', '>'}, {'&', '&'}, {0, 0x1F}});
    TRY(const Dfa attribute, b_.dfa_of(b_.repeat(character(b_, plain, Spelling::raw), 1, 128)));
    TRY(Dfa names, intersect(*way.other_names, attribute, b_.budget()));
    return parameter(b_.automaton(std::move(names)), way.other_text, way.other_value);
  }

  Result<Expr> members(const SchemaMembers& way) {
    const std::size_t count = way.members.size();
    std::vector<Expr> each;
    for (const SchemaMember& m : way.members) {
      const Rule rule =
          b_.add_rule("parameter " + m.name,
                      parameter(b_.literal(text::escaped_attribute(m.name)), m.text, m.value));
      each.push_back(b_.call(rule));
    }
    std::optional<Expr> other;
    if (way.other_names) {
      TRY(const Expr one, other_parameter(way));
      other = b_.call(b_.add_rule("other parameter", one));
    }
    Graph g;
    g.entry = g.add_node();
    const std::uint32_t exit = g.add_node();
    g.exits = {exit};
    // Every parameter ends its line; without any there may be an empty one.
    const Expr line_end = b_.literal("\n");
    auto line = [&](Expr parameter_expr) { return b_.sequence({parameter_expr, line_end}); };
    if (count <= kAnyOrderMax) {
      std::size_t required = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (way.members[i].is_required) required |= std::size_t{1} << i;
      }
      std::vector<std::uint32_t> written(std::size_t{1} << count);
      for (std::uint32_t& node : written) node = g.add_node();
      g.add(g.entry, b_.empty(), written[0]);
      for (std::size_t set = 0; set < written.size(); ++set) {
        for (std::size_t i = 0; i < count; ++i) {
          const std::size_t bit = std::size_t{1} << i;
          if ((set & bit) == 0) g.add(written[set], line(each[i]), written[set | bit]);
        }
        if (other) g.add(written[set], line(*other), written[set]);
        if ((set & required) == required) g.add(written[set], b_.empty(), exit);
      }
      if (required == 0) g.add(g.entry, line_end, exit);
      return b_.graph(std::move(g));
    }
    // Declared order; what is not required may be left out.
    std::uint32_t at = g.add_node();
    g.add(g.entry, b_.empty(), at);
    bool any_required = false;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t next = g.add_node();
      g.add(at, line(each[i]), next);
      if (!way.members[i].is_required) g.add(at, b_.empty(), next);
      any_required |= way.members[i].is_required;
      at = next;
    }
    if (other) g.add(at, line(*other), at);
    g.add(at, b_.empty(), exit);
    if (!any_required) g.add(g.entry, line_end, exit);
    return b_.graph(std::move(g));
  }

  GrammarBuilder& b_;
  const DsmlOptions& options_;
  std::vector<std::string>& warnings_;
  std::string mark_;
  Dfa raw_text_;
};

}  // namespace

Result<Rule> add_dsml_calls(GrammarBuilder& builder, const std::vector<DsmlTool>& tools,
                            const DsmlOptions& options, std::vector<std::string>& warnings) {
  if (tools.empty()) return fail(Code::bad_argument, "no tools are offered");
  if (tools.size() > kToolsMax) {
    return fail(Code::too_large, tools.size(), " tools, limit ", kToolsMax);
  }
  return Writer(builder, options, warnings).write(tools);
}

Result<DsmlGrammar> dsml_call_grammar(const std::vector<DsmlTool>& tools,
                                      const DsmlOptions& options) {
  GrammarBuilder builder(Budget(60'000'000, 1'000'000));  // for several schemas
  std::vector<std::string> warnings;
  TRY(const Rule start, add_dsml_calls(builder, tools, options, warnings));
  auto grammar = builder.build(start);
  if (!grammar.ok()) return fail(grammar.error().code, "tools: ", grammar.error().message);
  return DsmlGrammar{*std::move(grammar), std::move(warnings)};
}

}  // namespace ds4::grammar
