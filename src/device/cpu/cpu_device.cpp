#include "device/cpu/cpu_device.h"

#include "base/parallel.h"
#include "device/cpu/scratch_needs.h"

namespace ds4::device {

CpuDevice::CpuDevice(const CpuOptions& options)
    : isa_(options.isa),
      team_(options.threads > 0 ? options.threads : processor_count()),
      scratch_(team_.size()) {}

CpuDevice::~CpuDevice() = default;

std::string CpuDevice::description() const {
  return "CPU, " + std::string(name_of(isa_)) + ", " + std::to_string(team_.size()) +
         (team_.size() == 1 ? " thread" : " threads");
}

void CpuDevice::prepare(const Capacity& capacity) {
  activations_.reserve(capacity.rows, capacity.width_max);
  for (const auto needs : {multiply_needs, experts_needs, mixing_needs, routing_needs,
                           compress_needs, select_needs, attend_needs}) {
    const ScratchNeeds need = needs(capacity);
    scratch_.reserve_worker(need.worker_bytes);
    scratch_.reserve_shared(need.shared_bytes);
  }
}

}  // namespace ds4::device
