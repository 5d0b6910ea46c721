// The literal strings of the model's prompt language, in one place: role tokens, thinking marks and
// the tags of tool calls. The bar is U+FF5C and the low block U+2581; neither is ASCII.
#pragma once

#include <string_view>

namespace ds4::text {

inline constexpr std::string_view kBeginOfSentence = "<｜begin▁of▁sentence｜>";
inline constexpr std::string_view kEndOfSentence = "<｜end▁of▁sentence｜>";
inline constexpr std::string_view kUser = "<｜User｜>";
inline constexpr std::string_view kAssistant = "<｜Assistant｜>";
inline constexpr std::string_view kLatestReminder = "<｜latest_reminder｜>";
inline constexpr std::string_view kThinkOpen = "<think>";
inline constexpr std::string_view kThinkClose = "</think>";

inline constexpr std::string_view kToolResultOpen = "<tool_result>";
inline constexpr std::string_view kToolResultClose = "</tool_result>";
inline constexpr std::string_view kToolResultCloseEscaped = "&lt;/tool_result>";

inline constexpr std::string_view kDsml = "｜DSML｜";
inline constexpr std::string_view kToolCallsOpen = "<｜DSML｜tool_calls>";
inline constexpr std::string_view kToolCallsClose = "</｜DSML｜tool_calls>";
inline constexpr std::string_view kInvokeOpen = "<｜DSML｜invoke name=\"";  // NAME ">
inline constexpr std::string_view kInvokeClose = "</｜DSML｜invoke>";
inline constexpr std::string_view kParameterOpen = "<｜DSML｜parameter name=\"";  // KEY " string="
inline constexpr std::string_view kParameterClose = "</｜DSML｜parameter>";

// How the closing tag of a parameter is written inside a value: in a string, and in a JSON value.
inline constexpr std::string_view kParameterCloseInString = "&lt;/｜DSML｜parameter>";
inline constexpr std::string_view kParameterCloseInJson = "\\u003c/｜DSML｜parameter>";

}  // namespace ds4::text
