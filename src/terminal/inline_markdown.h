// The Markdown inside a line: emphasis, code, links.
#pragma once

#include <string_view>

#include "terminal/styled_text.h"

namespace ds4::terminal {

// `text` as safe_text() makes it, without line breaks. A text that is still growing is read as if
// what is open were closed at its end, so that marks do not flash up before they are complete.
Spans parse_inline(std::string_view text, Styles base, bool is_growing);

}  // namespace ds4::terminal
