// What this machine can do at most: the ceilings that benchmarks are read against.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/cpu/cpu_device.h"

namespace ds4::device {

// Best of several short runs, all threads together.
struct ProbeOptions {
  CpuOptions cpu = {.threads = 1};
  std::size_t buffer_bytes = std::size_t{1} << 30;  // for reading; far above every cache
  int runs = 5;
};

// Bytes a second read from memory in long runs.
double probe_read_bytes(const ProbeOptions& options);
// Products of 8-bit integers a second, added up in 32 bits, and of f32 numbers.
double probe_int8_products(const ProbeOptions& options);
double probe_f32_products(const ProbeOptions& options);

}  // namespace ds4::device
