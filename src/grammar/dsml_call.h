// The grammar of a block of tool calls, for the tools that a request offers: their names, and each
// argument after its schema.
//
//   <｜DSML｜tool_calls>
//   <｜DSML｜invoke name="NAME">
//   <｜DSML｜parameter name="KEY" string="true">TEXT</｜DSML｜parameter>
//   <｜DSML｜parameter name="KEY" string="false">JSON</｜DSML｜parameter>
//   </｜DSML｜invoke>
//   </｜DSML｜tool_calls>
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "grammar/builder.h"

namespace ds4::grammar {

// A tool whose one argument is free text, perhaps of a language of its own.
struct DsmlCustom {
  enum class Syntax { text, regex, lark } syntax = Syntax::text;
  std::string definition = {};
  std::string parameter = "input";
};

struct DsmlTool {
  std::string name;
  Json parameters = Json::object();  // a JSON Schema for an object
  // Arguments follow the schema. Otherwise only the declared types at the top level count, nothing
  // is required, and undeclared parameters are allowed.
  bool is_strict = false;
  std::optional<DsmlCustom> custom = std::nullopt;  // then `parameters` is not used
};

enum class DsmlStart {
  separator,  // with the empty line before the block
  block,      // at <｜DSML｜tool_calls>
  inside,     // after <｜DSML｜tool_calls>: the model opened the block by itself
};

struct DsmlOptions {
  DsmlStart start = DsmlStart::separator;
  bool one_call_only = false;
  std::string first_name = {};  // the first call's tool, if it is forced
  // The DSML mark is one token, given to Vocabulary as a mark: then no text can look like a tag.
  // False for vocabularies without it; the tags are then plain text.
  bool mark_is_token = true;
};

struct DsmlGrammar {
  Grammar grammar;
  std::vector<std::string> warnings;  // of schemas that are not strict
};

Result<DsmlGrammar> dsml_call_grammar(const std::vector<DsmlTool>& tools,
                                      const DsmlOptions& options = {});

// The same as a rule, to be combined with others: a tool call or a document, say.
Result<Rule> add_dsml_calls(GrammarBuilder& builder, const std::vector<DsmlTool>& tools,
                            const DsmlOptions& options, std::vector<std::string>& warnings);

}  // namespace ds4::grammar
