#include <sched.h>

#include <memory>
#include <thread>

#include "base/cpu_affinity.h"
#include "base/number_list.h"

namespace ds4 {

namespace {

struct FreeMask {
  void operator()(cpu_set_t* mask) const { CPU_FREE(mask); }
};

// Of the most processors there can be: the kernel fills or takes what it has of it.
constexpr std::size_t kMaskBytes = CPU_ALLOC_SIZE(kListedNumberEnd);

std::unique_ptr<cpu_set_t, FreeMask> empty_mask() {
  std::unique_ptr<cpu_set_t, FreeMask> mask(CPU_ALLOC(kListedNumberEnd));
  if (mask != nullptr) CPU_ZERO_S(kMaskBytes, mask.get());
  return mask;
}

}  // namespace

bool can_choose_cpus() {
  return true;
}

std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
  const auto mask = empty_mask();
  if (mask == nullptr || ::sched_getaffinity(0, kMaskBytes, mask.get()) != 0) return cpus;
  for (int cpu = 0; cpu < kListedNumberEnd; ++cpu) {
    if (CPU_ISSET_S(cpu, kMaskBytes, mask.get())) cpus.push_back(cpu);
  }
  return cpus;
}

CpuTopology read_this_topology() {
  std::vector<int> cpus = allowed_cpus();
  if (cpus.empty()) {
    const auto count = static_cast<int>(std::thread::hardware_concurrency());
    for (int cpu = 0; cpu < count; ++cpu) cpus.push_back(cpu);
  }
  return read_cpu_topology("/", cpus);
}

void stay_on(const std::vector<int>& cpus) {
  const auto mask = empty_mask();
  if (mask == nullptr) return;
  for (const int cpu : cpus) CPU_SET_S(cpu, kMaskBytes, mask.get());
  static_cast<void>(::sched_setaffinity(0, kMaskBytes, mask.get()));
}

}  // namespace ds4
