// Ids of tool calls. They key what is remembered of a turn, so they are random enough that no
// client can guess another's, and never come twice.
#pragma once

#include <string>
#include <string_view>

namespace ds4::text {

inline constexpr std::string_view kOpenAiCallPrefix = "call_";
inline constexpr std::string_view kAnthropicCallPrefix = "toolu_";

// The prefix and 24 characters of [0-9A-Za-z] from the system's random source.
std::string new_call_id(std::string_view prefix);

}  // namespace ds4::text
