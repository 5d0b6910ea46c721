// Which model a program runs when it is not told.
#pragma once

#include <string>

#include "ds4/result.h"

namespace ds4 {

// The file given with -m or, where that is empty, what stands in.
Result<std::string> choose_model(const std::string& given);

}  // namespace ds4
