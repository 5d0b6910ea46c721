// The authoritative parse of a whole assistant turn: reasoning, prose and tool calls, with the
// repairs that models need. The streaming parser tells the same story early; where they could
// differ, this one is right.
#pragma once

#include <cstddef>
#include <string_view>

#include "text/parsed_turn.h"

namespace ds4::text {

inline constexpr std::size_t kNoMark = static_cast<std::size_t>(-1);

// `text` is what was sampled behind the prompt, without the end-of-sentence mark. `think_close` is
// where the first `</think>` that is a token begins; without one, the first that is spelled counts.
ParsedTurn parse_turn(std::string_view text, const ParseOptions& options, TurnEnd end,
                      std::size_t think_close = kNoMark);

}  // namespace ds4::text
