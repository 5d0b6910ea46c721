// The machine a benchmark runs on: who it is, whether it is quiet, what it can do at most.
#pragma once

#include <string>

#include "device/cpu/cpu_device.h"

namespace ds4::bench {

struct Machine {
  std::string processor;
  device::Isa isa = device::Isa::portable;
  int threads = 1;
  double read_bytes = 0;     // a second, all threads
  double int8_products = 0;  // a second
  double f32_products = 0;
};

// Takes a few seconds.
Machine measure_machine(const device::CpuOptions& cpu);

// The share of the machine's processors, 0 to 1, that others kept busy during half a second; 0
// where the system does not say.
double measure_others();

}  // namespace ds4::bench
