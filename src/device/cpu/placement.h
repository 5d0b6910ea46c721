// Where the workers of a team run.
#pragma once

#include <vector>

#include "base/cpu_topology.h"

namespace ds4::device {

// The processors each worker may use; empty: all workers go where the system puts them.
using Places = std::vector<std::vector<int>>;

// `cpus` is what the user chose, one processor for each worker in turn; empty where nobody did.
Places place_workers(const CpuTopology& topology, const std::vector<int>& cpus, int threads);

}  // namespace ds4::device
