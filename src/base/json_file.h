// A JSON text in a file of its own.
#pragma once

#include <string>

#include "base/json.h"

namespace ds4 {

// Messages begin with the path.
Result<Json> read_json_file(const std::string& path);

}  // namespace ds4
