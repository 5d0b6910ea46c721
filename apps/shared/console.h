// What all programs do at their edge: print, report an error, say who they are.
#pragma once

#include <string>
#include <string_view>

namespace ds4 {

// To standard output. A reader that went away (`| head`) ends the program quietly.
void print(std::string_view text);

// Text that a person or another program asked for: exactly these bytes to a pipe or a file; on a
// terminal repaired where it is no UTF-8, and ended by a line break.
void print_exactly(std::string text);

// One line on standard error for each line of the message; returns the exit code of a failure.
int report(std::string_view message);

// Bold and dim make sense on standard output: a terminal, no NO_COLOR, no TERM=dumb.
bool stdout_is_styled();

}  // namespace ds4
