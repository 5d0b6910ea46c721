// One function body, compiled for several instruction sets and chosen at run time. The bodies do
// the same arithmetic in the same order, only more of it side by side, so the bytes they give are
// equal; tests hold them to it.
#pragma once

#include <span>

#if defined(__x86_64__) && defined(__GNUC__)
#define DS4_HAS_X86_TARGETS 1
#else
#define DS4_HAS_X86_TARGETS 0
#endif

// Bodies and all they call are inlined into the function that names the instruction set.
#define DS4_INLINE inline __attribute__((always_inline))

#if DS4_HAS_X86_TARGETS
#define DS4_AVX2 __attribute__((target("avx2")))
#if defined(__clang__)
#define DS4_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"), min_vector_width(512)))
#else
#define DS4_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#endif

namespace ds4::quant {

enum class Target { portable, avx2, avx512 };

// Those this processor runs, `portable` first and the fastest last.
std::span<const Target> runnable_targets();
Target best_target();

}  // namespace ds4::quant

// Defines `void NAME PARAMETERS` once per instruction set, each calling BODY<lanes> ARGUMENTS, and
// NAME_at, which takes the target first.
#if DS4_HAS_X86_TARGETS
#define DS4_TARGET_VERSIONS(NAME, BODY, PARAMETERS, ARGUMENTS)       \
  void NAME##_portable PARAMETERS {                                  \
    BODY<4> ARGUMENTS;                                               \
  }                                                                  \
  DS4_AVX2 void NAME##_avx2 PARAMETERS {                             \
    BODY<8> ARGUMENTS;                                               \
  }                                                                  \
  DS4_AVX512 void NAME##_avx512 PARAMETERS {                         \
    BODY<16> ARGUMENTS;                                              \
  }                                                                  \
  constexpr auto NAME##_at(::ds4::quant::Target target) {            \
    return target == ::ds4::quant::Target::avx512 ? NAME##_avx512    \
           : target == ::ds4::quant::Target::avx2 ? NAME##_avx2      \
                                                  : NAME##_portable; \
  }
#else
#define DS4_TARGET_VERSIONS(NAME, BODY, PARAMETERS, ARGUMENTS) \
  void NAME##_portable PARAMETERS {                            \
    BODY<4> ARGUMENTS;                                         \
  }                                                            \
  constexpr auto NAME##_at(::ds4::quant::Target) {             \
    return NAME##_portable;                                    \
  }
#endif
