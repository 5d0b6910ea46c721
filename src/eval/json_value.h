// JSON values compared as values: how they were written makes no difference.
#pragma once

#include "base/json.h"

namespace ds4::eval {

// Keys in any order, numbers by what they are worth (3 is 3.0), everything else exactly.
bool same_value(const Json& a, const Json& b);

}  // namespace ds4::eval
