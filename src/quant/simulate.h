// Roundings of activations that are part of the network: E4M3 in groups of 64 for attention rows,
// Hadamard transform and E2M1 in groups of 32 for indexer rows. In place, on f32.
#pragma once

#include <cstddef>

namespace ds4::quant {

// Exponent of the power-of-two scale of a group whose largest magnitude is `largest`.
int fp8_scale_exponent(float largest);
int fp4_scale_exponent(float largest);

// Every group of 64 values (32 for FP4) to what the small format keeps of it; `count` must be a
// multiple of the group (CHECKed). Applying it twice changes nothing more. NaN becomes 0 and does
// not count as a magnitude.
void fp8sim64(float* x, std::size_t count);
void fp4sim32(float* x, std::size_t count);

// Orthonormal Walsh-Hadamard transform in natural (Sylvester) order; `count` must be a power of
// two (CHECKed).
void hadamard(float* x, std::size_t count);

}  // namespace ds4::quant
