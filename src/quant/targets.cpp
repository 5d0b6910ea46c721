#include "quant/targets.h"

#include <array>
#include <cstddef>

namespace ds4::quant {

namespace {

constexpr std::array kTargets = {Target::portable, Target::avx2, Target::avx512};

std::size_t count_runnable() {
#if DS4_HAS_X86_TARGETS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return 3;
  }
  if (__builtin_cpu_supports("avx2")) return 2;
#endif
  return 1;
}

}  // namespace

std::span<const Target> runnable_targets() {
  static const std::size_t count = count_runnable();
  return std::span(kTargets).first(count);
}

Target best_target() {
  return runnable_targets().back();
}

}  // namespace ds4::quant
