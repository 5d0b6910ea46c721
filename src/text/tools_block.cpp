#include "text/tools_block.h"

namespace ds4::text {

namespace {

// The markup in these words is real: the model was trained to see the tokens here.
constexpr std::string_view kBeforeSchemas =
    "## Tools\n"
    "\n"
    "You have access to a set of tools to help answer the user's question. You can invoke tools by "
    "writing a \"<｜DSML｜tool_calls>\" block like the following:\n"
    "\n"
    "<｜DSML｜tool_calls>\n"
    "<｜DSML｜invoke name=\"$TOOL_NAME\">\n"
    "<｜DSML｜parameter name=\"$PARAMETER_NAME\" "
    "string=\"true|false\">$PARAMETER_VALUE</｜DSML｜parameter>\n"
    "...\n"
    "</｜DSML｜invoke>\n"
    "<｜DSML｜invoke name=\"$TOOL_NAME2\">\n"
    "...\n"
    "</｜DSML｜invoke>\n"
    "</｜DSML｜tool_calls>\n"
    "\n"
    "String parameters should be specified as is and set `string=\"true\"`. For all other types "
    "(numbers, booleans, arrays, objects), pass the value in JSON format and set "
    "`string=\"false\"`.\n"
    "\n"
    "If thinking_mode is enabled (triggered by <think>), you MUST output your complete reasoning "
    "inside <think>...</think> BEFORE any tool calls or final response.\n"
    "\n"
    "Otherwise, output directly after </think> with tool calls or final response.\n"
    "\n"
    "### Available Tool Schemas\n"
    "\n";

constexpr std::string_view kAfterSchemas =
    "\n\nYou MUST strictly follow the above defined tool name and parameter schemas to invoke tool "
    "calls.\n";

constexpr std::string_view kBeforeReplySchema =
    "## Response Format:\n"
    "\n"
    "You MUST strictly adhere to the following schema to reply:\n";

}  // namespace

void write_tools_block(SpanWriter& out, const std::vector<Json>& tools) {
  out.markup(kBeforeSchemas);
  bool first = true;
  for (const Json& tool : tools) {
    if (!first) out.markup("\n");
    first = false;
    out.content(to_text(tool, JsonStyle::spaced));
  }
  out.markup(kAfterSchemas);
}

void write_response_format(SpanWriter& out, const Json& schema) {
  out.markup(kBeforeReplySchema);
  out.content(to_text(schema, JsonStyle::spaced));
}

}  // namespace ds4::text
