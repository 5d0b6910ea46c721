// The processors this process may use and what they are: which share a core, which are small cores
// beside larger ones, which memory is near, and how much of their time control groups leave.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"

namespace ds4 {

struct Processor {
  int id = 0;                 // the system's number
  int core = 0;               // the same for the hyper-threads of one core, and for nobody else
  int node = 0;               // of memory
  bool is_efficient = false;  // a small core beside larger ones that may be used too
};

struct CpuTopology {
  std::vector<Processor> processors;  // by id; empty where the system does not say
  // Processors' worth of time that groups grant.
  double quota = std::numeric_limits<double>::infinity();
};

// Of this process, as it was when first asked.
const CpuTopology& cpu_topology();

// Of a system whose files of state lie under `root`, as /sys and /proc do under "/", for a process
// that may run on `allowed`. What is missing or makes no sense there is left out: each processor
// is then a full core of its own, on one node.
CpuTopology read_cpu_topology(const std::string& root, const std::vector<int>& allowed);

// Threads for many independent jobs: all processors, within the quota. At least 1.
int count_processors(const CpuTopology& topology);

// The full-size cores, one processor of each: the lowest that may be used.
std::vector<Processor> full_cores(const CpuTopology& topology);

// Threads for a model, which wait for each other several hundred times a token: one for each
// full-size core, within the quota. At least 1. Part of a processor does not count: with a quota of
// 2.5 processors three threads would all be stopped for a sixth of the time, and two never are.
int count_cores(const CpuTopology& topology);

// A user's list, each of which this process may use.
Result<std::vector<int>> choose_cpus(std::string_view list, const CpuTopology& topology);

}  // namespace ds4
