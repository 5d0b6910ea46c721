// Where threads may run, as the system at hand has it; one source file for each system.
#pragma once

#include <vector>

#include "base/cpu_topology.h"

namespace ds4 {

// Whether a thread can be told where to run.
bool can_choose_cpus();

// What this system says about the processors that the calling thread may use.
CpuTopology read_this_topology();

// Those the calling thread may use, ascending; empty where the system does not say.
std::vector<int> allowed_cpus();

// Keeps the calling thread, and threads it starts from then on, on `cpus`. Where the system refuses
// the thread stays where it was: nothing but speed depends on it.
void stay_on(const std::vector<int>& cpus);

}  // namespace ds4
