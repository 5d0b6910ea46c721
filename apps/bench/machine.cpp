#include "bench/machine.h"

#include <chrono>
#include <fstream>
#include <thread>

#include "device/cpu/probe.h"

namespace ds4::bench {

namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown processor";
}

// Clock ticks of all processors since the start: spent on anything, and on nothing.
struct Ticks {
  double all = 0, idle = 0;
};

Ticks read_ticks() {
  std::ifstream stat("/proc/stat");
  std::string label;
  stat >> label;
  Ticks ticks;
  double value = 0;
  // user nice system idle iowait irq softirq steal; what follows is contained in them.
  for (int i = 0; i < 8 && stat >> value; ++i) {
    ticks.all += value;
    if (i == 3 || i == 4) ticks.idle += value;
  }
  return ticks;
}

}  // namespace

Machine measure_machine(const device::CpuOptions& cpu) {
  const device::ProbeOptions options{.cpu = cpu};
  return {.processor = processor_name(),
          .isa = cpu.isa,
          .threads = device::threads_of(cpu),
          .read_bytes = device::probe_read_bytes(options),
          .int8_products = device::probe_int8_products(options),
          .f32_products = device::probe_f32_products(options)};
}

double measure_others() {
  const Ticks before = read_ticks();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const Ticks after = read_ticks();
  const double all = after.all - before.all;
  return all > 0 ? 1 - (after.idle - before.idle) / all : 0;
}

}  // namespace ds4::bench
