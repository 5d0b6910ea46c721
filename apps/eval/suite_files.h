// The suites to ask: the files and folders given, or a set that is shipped with the program.
#pragma once

#include <string>
#include <vector>

#include "ds4/result.h"
#include "eval/suite.h"

namespace ds4::eval {

// Folders stand for their *.jsonl files, by name. Without `paths`, `set`: the name of a shipped one
// or a path again. Messages begin with the path.
Result<std::vector<Suite>> read_suites(const std::vector<std::string>& paths,
                                       const std::string& set);

}  // namespace ds4::eval
