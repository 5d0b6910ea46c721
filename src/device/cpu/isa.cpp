#include "device/cpu/isa.h"

#include <array>
#include <string>

#if DS4_HAS_X86_KERNELS
#include <cpuid.h>
#endif

#if DS4_HAS_AMX_KERNELS
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if DS4_HAS_NEON_KERNELS && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#elif DS4_HAS_NEON_KERNELS && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace ds4::device {

namespace {

struct Named {
  Isa isa;
  std::string_view option, name;
};
constexpr Named kNames[] = {{Isa::portable, "portable", "portable"},
                            {Isa::avx2, "avx2", "AVX2"},
                            {Isa::avx512, "avx512", "AVX-512"},
                            {Isa::amx, "amx", "AMX"},
                            {Isa::neon, "neon", "NEON"},
                            {Isa::neon_i8mm, "neon-i8mm", "NEON i8mm"}};

struct Runnable {
  std::array<Isa, 4> isas = {Isa::portable};
  std::size_t count = 1;
  void add(Isa isa) { isas[count++] = isa; }
};

#if DS4_HAS_X86_KERNELS
// clang 14 has no name for it.
bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

#if DS4_HAS_AMX_KERNELS
// The tiles' state is large, so a process gets it only after asking once; threads inherit it.
bool system_gives_tiles() {
  constexpr long kAskForState = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM
  return syscall(SYS_arch_prctl, kAskForState, kTileData) == 0;
}

bool has_amx() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kTiles = 1u << 24, kBytes = 1u << 25;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & kTiles) == 0 || (d & kBytes) == 0) return false;
  return system_gives_tiles();
}
#endif

#if DS4_HAS_NEON_KERNELS
bool has_dot_products() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  return true;
#endif
}
bool has_i8mm() {
#if !DS4_HAS_NEON_I8MM_KERNELS
  return false;
#elif defined(__linux__)
  return (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#elif defined(__APPLE__)
  int has = 0;
  std::size_t size = sizeof has;
  return sysctlbyname("hw.optional.arm.FEAT_I8MM", &has, &size, nullptr, 0) == 0 && has != 0;
#else
  return false;
#endif
}
#endif

Runnable find_runnable() {
  Runnable found;
#if DS4_HAS_X86_KERNELS
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
  if (avx2) found.add(Isa::avx2);
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni")) {
    found.add(Isa::avx512);
#if DS4_HAS_AMX_KERNELS
    if (has_amx()) found.add(Isa::amx);
#endif
  }
#elif DS4_HAS_NEON_KERNELS
  if (has_dot_products()) {
    found.add(Isa::neon);
    if (has_i8mm()) found.add(Isa::neon_i8mm);
  }
#endif
  return found;
}

}  // namespace

std::string_view name_of(Isa isa) {
  for (const Named& named : kNames) {
    if (named.isa == isa) return named.name;
  }
  return "unknown";
}

std::span<const Isa> runnable_isas() {
  static const Runnable runnable = find_runnable();
  return std::span(runnable.isas).first(runnable.count);
}

Isa best_isa() {
  return runnable_isas().back();
}

Result<Isa> find_isa(std::string_view name) {
  std::string here;
  for (const Named& named : kNames) {
    for (const Isa isa : runnable_isas()) {
      if (isa != named.isa) continue;
      if (named.option == name) return isa;
      here += (here.empty() ? "" : ", ") + std::string(named.option);
    }
  }
  return fail(Code::bad_argument, "this processor does not run '", name, "' kernels; it runs ",
              here);
}

}  // namespace ds4::device
