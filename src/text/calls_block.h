// Tool calls of an earlier turn written back as the markup the model itself would use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "text/message.h"
#include "text/span_writer.h"

namespace ds4::text {

// Objects and arrays in prompts may nest this deep, as in requests.
inline constexpr int kJsonDepthMax = 200;

// The canonical block, without the blank line that precedes it. Fails only where arguments nest
// deeper than kJsonDepthMax; arguments that are no JSON object become one text parameter.
Result<void> write_tool_calls(SpanWriter& out, const std::vector<ToolCall>& calls);

// `text` as it stands between the quotes of a tag's attribute.
std::string escaped_attribute(std::string_view text);

// `text` with every `from` replaced by `to`.
std::string with_replaced(std::string_view text, std::string_view from, std::string_view to);

}  // namespace ds4::text
