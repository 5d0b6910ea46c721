#include <sys/sysctl.h>

#include <algorithm>
#include <thread>

#include "base/cpu_affinity.h"
#include "base/number_list.h"

namespace ds4 {

namespace {

// 0 where there is no such number, or none that makes sense.
int number_of(const char* name) {
  int value = 0;
  std::size_t size = sizeof value;
  if (::sysctlbyname(name, &value, &size, nullptr, 0) != 0) return 0;
  return std::clamp(value, 0, kListedNumberEnd);
}

}  // namespace

bool can_choose_cpus() {
  return false;
}

std::vector<int> allowed_cpus() {
  return {};
}

// Processors have no numbers here, so they get some: large cores first. Apple's own processors name
// the cores of each size; Intel's have two hyper-threads a core, all of one size.
CpuTopology read_this_topology() {
  const int large = number_of("hw.perflevel0.physicalcpu");
  int cores = number_of("hw.physicalcpu");
  int processors = number_of("hw.logicalcpu");
  if (processors == 0) processors = static_cast<int>(std::thread::hardware_concurrency());
  if (cores == 0) cores = processors;
  CpuTopology topology;
  for (int i = 0; i < processors; ++i) {
    topology.processors.push_back(
        {.id = i, .core = i % cores, .is_efficient = large > 0 && i % cores >= large});
  }
  return topology;
}

void stay_on(const std::vector<int>& /*cpus*/) {}

}  // namespace ds4
