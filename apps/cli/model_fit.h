// Which machine a published model runs on, before any of it is here.
#pragma once

#include <cstdint>
#include <string_view>

#include "download/catalog.h"

namespace ds4::cli {

enum class Fit {
  in_memory,  // all of it stays in memory
  from_disk,  // what each token needs does; experts are read from the disk, which is slow
  too_large,
  unknown,  // the system does not say what it has
};
std::string_view name_of(Fit fit);  // "fits", "from disk", "too large", "?"

// A main model's.
struct ModelNeeds {
  std::uint64_t memory_bytes = 0;    // with a session of 32768 tokens, and what the system takes
  std::uint64_t resident_bytes = 0;  // the same without the routed experts
  std::uint64_t machine_bytes = 0;   // the smallest usual size of memory that holds all of it
};
ModelNeeds needs_of(const download::PublishedFile& file);

Fit fit_of(const ModelNeeds& needs, std::uint64_t machine_bytes);

// The best current one of Flash that fits in memory, else the smallest that runs from disk; null if
// none does.
const download::PublishedFile* recommended(std::uint64_t machine_bytes);

}  // namespace ds4::cli
