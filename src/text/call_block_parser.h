// Reads one tool block of a finished text, from behind its opening tag.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "text/parsed_turn.h"

namespace ds4::text {

enum class BlockEnd {
  closed,      // by its closing tag
  unfinished,  // the text ends first
  broken,      // something stands there that cannot
};

struct CallBlock {
  std::vector<ToolCall> calls;  // complete ones
  BlockEnd end = BlockEnd::closed;
  std::size_t behind = 0;     // where the block ends: behind its last tag that was used
  bool last_by_rest = false;  // the last call has all its parameters, only closing tags miss
  std::string failure;        // why it is not closed
  int repairs = 0;
};

// Begins behind <tool_calls>, or at an invoke tag that has no wrapper. `plain`: its tags may lack
// marks.
CallBlock read_call_block(std::string_view text, std::size_t at, const ParseOptions& options,
                          bool plain);

// A run of this many white-space bytes between a plain <tool_calls> and its invoke is prose.
inline constexpr std::size_t kOpenerSpaceMax = 64;

bool is_tag_space(char c);

}  // namespace ds4::text
