// What a finished assistant turn is to everyone downstream, and what the parsers must know of the
// request to find it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "text/dsml_tag.h"
#include "text/message.h"
#include "text/offered_tools.h"

namespace ds4::text {

struct ParseOptions {
  bool thinking = false;  // the prompt ended behind <think>
  OfferedTools tools;
  // The conversation shows tool use although no tools are offered: exact markup still counts.
  bool history_has_tools = false;
  // Whoever streams reports added tokens as marks (turn_reader.h).
  bool knows_marks = false;
  bool coerce_arguments = false;  // "5" for an integer parameter becomes 5

  bool reads_calls() const { return !tools.empty() || history_has_tools; }
  // Other spellings are read only where a call is to be expected.
  TagSyntax syntax() const { return {!tools.empty(), false, false}; }
};

// Why generation ended.
enum class TurnEnd {
  eos,           // the model ended its turn, or a stop string cut it
  length,        // the budget or the context ran out
  block_closed,  // stopped right behind the closing tag of a tool block
};

enum class Finish { stop, length, tool_calls };

struct ParsedTurn {
  std::string reasoning;
  std::string content;
  std::vector<ToolCall> calls;
  Finish finish = Finish::stop;

  // The part of `content` that is prose. The rest, if any, is a tool block that could not be read
  // (with the line breaks before it), which network clients are not shown.
  std::size_t prose_bytes = 0;
  // Why it could not be read, for the retry of a local agent and for the trace; else empty.
  std::string failure;

  // Where in the generated text the tool block stands, from the line breaks that are no content
  // to the end of its last tag: what is remembered for exact replay. Empty without calls.
  std::size_t block_begin = 0;
  std::size_t block_end = 0;
  // Deviations that were accepted.
  int repairs = 0;
};

}  // namespace ds4::text
