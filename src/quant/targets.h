// Which instruction sets the encoders are compiled for, and which of them this processor has.
#pragma once

#include <span>

#ifndef DS4_HAS_X86_TARGETS  // may be given as 0 to build for the baseline alone
#if defined(__x86_64__) && defined(__GNUC__)
#define DS4_HAS_X86_TARGETS 1
#else
#define DS4_HAS_X86_TARGETS 0
#endif
#endif

namespace ds4::quant {

enum class Target { portable, avx2, avx512 };

// Those this processor runs, `portable` first and the fastest last.
std::span<const Target> runnable_targets();
Target best_target();

}  // namespace ds4::quant
