// Files that come with the programs: models/ and eval/ of the source tree.
#pragma once

#include <string>

#include "ds4/result.h"

namespace ds4 {

// Where a file or folder is that the source tree has under this name. In the tree the running
// program stands in build/ or a folder below it; installed, it stands in bin/ and they in
// share/ds4/.
Result<std::string> shipped_path(const std::string& name);

}  // namespace ds4
