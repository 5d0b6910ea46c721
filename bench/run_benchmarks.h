// The end of a benchmark's main: runs what was registered, as the command line asks.
#pragma once

#include <benchmark/benchmark.h>

namespace ds4 {

// The exit code.
inline int run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace ds4
