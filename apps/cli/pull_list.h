// The list that `ds4 pull` shows.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace ds4::cli {

struct PullList {
  std::string folder;         // where files are kept
  std::string default_model;  // its path; empty if there is none
  std::uint64_t machine_bytes = 0;
  bool all = false;  // replaced files too
};

// For people, at most 80 columns. `styled` adds bold and dim.
std::string describe(const PullList& list, bool styled);

Json to_json(const PullList& list);

}  // namespace ds4::cli
