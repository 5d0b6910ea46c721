#include "device/cpu/cpu_device.h"

#include <algorithm>

#include "base/cpu_topology.h"
#include "device/cpu/placement.h"
#include "device/cpu/scratch_needs.h"

namespace ds4::device {

namespace {

constexpr int kThreadsMax = 1024;

// The most of what any family of operations borrows: they take turns.
ScratchNeeds most_needed(const Capacity& capacity) {
  ScratchNeeds most;
  for (const auto needs : {multiply_needs, experts_needs, mixing_needs, routing_needs,
                           compress_needs, select_needs, attend_needs}) {
    const ScratchNeeds need = needs(capacity);
    most.worker_bytes = std::max(most.worker_bytes, need.worker_bytes);
    most.shared_bytes = std::max(most.shared_bytes, need.shared_bytes);
  }
  return most;
}

}  // namespace

std::size_t cpu_scratch_bytes(const Capacity& capacity, int threads) {
  const ScratchNeeds most = most_needed(capacity);
  return Activations::bytes(capacity.rows, capacity.width_max) + most.shared_bytes +
         static_cast<std::size_t>(threads) * most.worker_bytes;
}

Result<CpuOptions> read_cpu_options(std::string_view isa, int threads, std::string_view cpus) {
  if (threads < 0 || threads > kThreadsMax) {
    return fail(Code::bad_argument, threads, " threads: 0, for one a core, to ", kThreadsMax,
                " are possible");
  }
  CpuOptions options{.threads = threads};
  if (!cpus.empty()) {
    TRY(options.cpus, choose_cpus(cpus, cpu_topology()));
  }
  if (!isa.empty()) {
    TRY(options.isa, find_isa(isa));
  }
  return options;
}

int threads_of(const CpuOptions& options) {
  if (options.threads > 0) return options.threads;
  if (!options.cpus.empty()) return static_cast<int>(options.cpus.size());
  return count_cores(cpu_topology());
}

CpuDevice::CpuDevice(const CpuOptions& options)
    : isa_(options.isa),
      team_(threads_of(options), place_workers(cpu_topology(), options.cpus, threads_of(options))),
      scratch_(team_.size()) {}

CpuDevice::~CpuDevice() = default;

std::string CpuDevice::description() const {
  return "CPU, " + std::string(name_of(isa_)) + ", " + std::to_string(team_.size()) +
         (team_.size() == 1 ? " thread" : " threads");
}

void CpuDevice::prepare(const Capacity& capacity) {
  activations_.reserve(capacity.rows, capacity.width_max);
  const ScratchNeeds most = most_needed(capacity);
  scratch_.reserve_worker(most.worker_bytes);
  scratch_.reserve_shared(most.shared_bytes);
}

}  // namespace ds4::device
