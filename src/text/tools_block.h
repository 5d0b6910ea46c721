// The two blocks that follow a system text: what tools there are, and which schema the reply keeps.
#pragma once

#include <vector>

#include "base/json.h"
#include "text/span_writer.h"

namespace ds4::text {

// `tools` are the `function` members, written one a line in the order given.
void write_tools_block(SpanWriter& out, const std::vector<Json>& tools);

void write_response_format(SpanWriter& out, const Json& schema);

}  // namespace ds4::text
