#include "grammar/json_schema.h"

#include "grammar/schema_compiler.h"

namespace ds4::grammar {
namespace {

std::size_t text_size(const Json& schema) {
  return to_text(schema).size();
}

}  // namespace

Result<Rule> add_json_schema(GrammarBuilder& builder, std::string_view schema,
                             const SchemaOptions& options, std::vector<std::string>& warnings) {
  if (schema.size() > kSchemaBytesMax) {
    return fail(Code::too_large, "schema of ", schema.size(), " bytes, limit ", kSchemaBytesMax);
  }
  TRY(const Json root, parse_json(schema));
  SchemaCompiler compiler(builder, root, options.is_strict, nullptr, warnings);
  const Expr whole = compiler.call(SchemaCompiler::set_of(root), SchemaCompiler::Form::json);
  TRY_DO(compiler.finish());
  return builder.add_rule("document", whole);
}

Result<SchemaGrammar> json_schema_grammar(std::string_view schema, const SchemaOptions& options) {
  GrammarBuilder builder;
  std::vector<std::string> warnings;
  TRY(const Rule document, add_json_schema(builder, schema, options, warnings));
  auto grammar = builder.build(document);
  if (!grammar.ok()) return fail(grammar.error().code, "schema: ", grammar.error().message);
  return SchemaGrammar{*std::move(grammar), std::move(warnings)};
}

Result<std::vector<SchemaMembers>> schema_members(GrammarBuilder& builder, const Json& schema,
                                                  const MemberOptions& options,
                                                  std::vector<std::string>& warnings) {
  using Form = SchemaCompiler::Form;
  if (const std::size_t size = text_size(schema); size > kSchemaBytesMax) {
    return fail(Code::too_large, "schema of ", size, " bytes, limit ", kSchemaBytesMax);
  }
  SchemaCompiler compiler(builder, schema, options.is_strict, options.raw_text, warnings);
  std::vector<SchemaMembers> out;
  TRY(const std::vector<SchemaCompiler::Set> choices,
      compiler.choices(SchemaCompiler::set_of(schema)));
  for (const SchemaCompiler::Set& choice : choices) {
    TRY(const std::optional<SchemaCompiler::Shape> shape, compiler.object_shape(choice));
    if (!shape) continue;
    SchemaMembers one;
    for (const SchemaCompiler::Property& p : shape->properties) {
      if (p.is_forbidden) continue;
      one.members.push_back({p.name, p.is_required, compiler.call(p.set, Form::raw_string),
                             compiler.call(p.set, Form::json_without_strings)});
    }
    if (shape->allows_others) {
      TRY(one.other_names, compiler.other_names(*shape, Spelling::raw));
      one.other_text = compiler.call(shape->others, Form::raw_string);
      one.other_value = compiler.call(shape->others, Form::json_without_strings);
    }
    out.push_back(std::move(one));
  }
  TRY_DO(compiler.finish());
  return out;
}

}  // namespace ds4::grammar
