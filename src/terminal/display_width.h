// How much room a text takes on a terminal: characters that are drawn as one, and their columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ds4::terminal {

// What is drawn as one and deleted at once: a character with its combining marks, an emoji
// sequence, a flag.
struct Cluster {
  std::size_t bytes = 0;
  int columns = 0;
};

// Texts are valid UTF-8 without control characters (safe_text() makes such), except that a tab or a
// line break is a cluster of no column.
Cluster next_cluster(std::string_view text);  // not empty
// Where the cluster before `at` begins; `at` is the edge of a cluster and not 0.
std::size_t previous_cluster(std::string_view text, std::size_t at);
int display_width(std::string_view text);
// The longest beginning of whole clusters that fits.
std::string_view fitting(std::string_view text, int columns);

// Columns of one code point: 0, 1 or 2.
int code_point_width(char32_t code);
bool is_control(char32_t code);  // C0, DEL, C1 and the two Unicode line separators

// Whatever bytes, made harmless: valid UTF-8 whose control characters are written as ^[ or <9b>;
// line breaks stay, tabs too, CR LF is a line break.
std::string safe_text(std::string_view text);

}  // namespace ds4::terminal
