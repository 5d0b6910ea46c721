// The string formats of JSON Schema, as regular expressions.
#pragma once

#include <string_view>

namespace ds4::grammar {

// The whole-text pattern of a format, or empty if it is not known. Exact for date, time, date-time,
// uuid, ipv4 and ipv6; for email, hostname and uri the usual subset: what it lets through is valid.
std::string_view format_pattern(std::string_view name);

}  // namespace ds4::grammar
