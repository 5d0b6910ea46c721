// Where the running program's own file is: what is shipped with it is found from there.
#pragma once

#include <string>

#include "ds4/result.h"

namespace ds4 {

// The whole path, links followed.
Result<std::string> program_path();

}  // namespace ds4
