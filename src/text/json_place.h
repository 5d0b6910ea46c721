// Reading JSON of strangers: each failure names the place, as in "messages[2].role: expected a
// string, found a number".
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "ds4/result.h"

namespace ds4::text {

std::string_view kind_of(const Json& value);

std::string element_path(std::string_view path, std::size_t index);
std::string member_path(std::string_view path, std::string_view key);

// The member, or null when it is absent or null.
const Json* present(const Json& object, std::string_view key);

Result<void> expect_object(const Json& value, std::string_view path);
Result<void> expect_array(const Json& value, std::string_view path);
Result<std::string> expect_string(const Json& value, std::string_view path);
// The member must be there.
Result<std::string> string_member(const Json& object, std::string_view key, std::string_view path);
Result<std::string> string_member_or(const Json& object, std::string_view key,
                                     std::string_view fallback, std::string_view path);
Result<bool> bool_member_or(const Json& object, std::string_view key, bool fallback,
                            std::string_view path);

}  // namespace ds4::text
