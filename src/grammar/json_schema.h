// JSON Schema (draft 2020-12, the subset of docs/grammar.md) compiled to a grammar whose texts are
// valid documents, by construction.
//
// Keys come in the order of `properties`, optional ones may be left out; keys allowed by
// `additionalProperties` follow them. A schema without `type` that uses the keywords of one type
// means that type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "grammar/builder.h"

namespace ds4::grammar {

inline constexpr std::size_t kSchemaBytesMax = 64 * 1024;
inline constexpr std::size_t kSchemaNodesMax = 4096;

struct SchemaOptions {
  // Refuse keywords that are not supported; else they are left out, with a warning each.
  bool is_strict = true;
};

struct SchemaGrammar {
  Grammar grammar;
  std::vector<std::string> warnings;
};

// Errors name the place in the schema as a JSON pointer.
Result<SchemaGrammar> json_schema_grammar(std::string_view schema,
                                          const SchemaOptions& options = {});

// The same as a rule, to be combined with others in one builder.
Result<Rule> add_json_schema(GrammarBuilder& builder, std::string_view schema,
                             const SchemaOptions& options, std::vector<std::string>& warnings);

// The parameters of a tool: the top level of its schema taken apart, for callers that write the
// members in a form of their own.
struct SchemaMember {
  std::string name;
  bool is_required = false;
  Expr text;   // of a string value, as raw text; never() if it may not be a string
  Expr value;  // of any other value, as JSON; never() likewise
};
struct SchemaMembers {
  std::vector<SchemaMember> members;
  std::optional<Dfa> other_names;  // of undeclared members, as raw text; nothing: none are allowed
  Expr other_text, other_value;
};
struct MemberOptions {
  bool is_strict = true;
  // What raw text may be: a language without the mark that ends it.
  const Dfa* raw_text = nullptr;
};

// One entry for each way in which the schema may be an object (several under a top-level `anyOf`).
// The schema must outlive the call only.
Result<std::vector<SchemaMembers>> schema_members(GrammarBuilder& builder, const Json& schema,
                                                  const MemberOptions& options,
                                                  std::vector<std::string>& warnings);

}  // namespace ds4::grammar
