// The instruction sets that the kernels are compiled for, and which of them this processor has.
#pragma once

#include <span>
#include <string_view>

#include "ds4/result.h"

#ifndef DS4_HAS_X86_KERNELS
#if defined(__x86_64__) && defined(__GNUC__)
#define DS4_HAS_X86_KERNELS 1
#else
#define DS4_HAS_X86_KERNELS 0
#endif
#endif

// g++ takes the dot products for the functions that want them, clang only for a whole program.
#ifndef DS4_HAS_NEON_KERNELS
#if defined(__aarch64__) && defined(__GNUC__) && \
    (!defined(__clang__) || defined(__ARM_FEATURE_DOTPROD))
#define DS4_HAS_NEON_KERNELS 1
#else
#define DS4_HAS_NEON_KERNELS 0
#endif
#endif

// AMX needs the kernel's leave, which is asked for where the system is Linux.
#ifndef DS4_HAS_AMX_KERNELS
#if DS4_HAS_X86_KERNELS && defined(__linux__)
#define DS4_HAS_AMX_KERNELS 1
#else
#define DS4_HAS_AMX_KERNELS 0
#endif
#endif

// The same holds for the products of byte matrices.
#ifndef DS4_HAS_NEON_I8MM_KERNELS
#if DS4_HAS_NEON_KERNELS && (!defined(__clang__) || defined(__ARM_FEATURE_MATMUL_INT8))
#define DS4_HAS_NEON_I8MM_KERNELS 1
#else
#define DS4_HAS_NEON_I8MM_KERNELS 0
#endif
#endif

namespace ds4::device {

// `portable` is the definition; the others give the same bits.
enum class Isa { portable, avx2, avx512, amx, neon, neon_i8mm };

// "portable", "AVX2", "AVX-512", "AMX", "NEON", "NEON i8mm".
std::string_view name_of(Isa isa);

// Those this processor runs, `portable` first and the fastest last. AVX2 needs FMA and F16C,
// AVX-512 needs F, BW, DQ, VL and VNNI, AMX the products of byte matrices and the system's leave to
// use them, too; NEON needs the dot products, NEON i8mm the products of byte matrices, too.
std::span<const Isa> runnable_isas();
Isa best_isa();

// Of "portable", "avx2", "avx512", "amx", "neon" or "neon-i8mm"; fails, naming those that run here,
// for any other.
Result<Isa> find_isa(std::string_view name);

}  // namespace ds4::device
