// Dot products of weight blocks with 8-bit activations, as plain arithmetic: the definition that
// every fast kernel is held to. Integer parts are exact and exposed, so they can be compared.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/activation.h"

namespace ds4::quant {

struct BlockQ8_0;
struct BlockQ2K;
struct BlockQ4K;
struct BlockIQ2XXS;
struct BlockMXFP4;

// Sums of code products of one block: those weighted by scales, and the activation sums weighted
// by minimums.
struct ScaledSums {
  std::int32_t scaled = 0;
  std::int32_t minimums = 0;
};

ScaledSums dot_integers(const BlockQ2K& w, const BlockQ8K& x);
ScaledSums dot_integers(const BlockQ4K& w, const BlockQ8K& x);
std::int32_t dot_integers(const BlockIQ2XXS& w, const BlockQ8K& x);    // sum of (2s+1) * P
std::int32_t dot_integers(const BlockQ8_0& w, const std::int8_t* x);   // 32 codes
std::int32_t dot_integers(const BlockMXFP4& w, const std::int8_t* x);  // with doubled weights

// One block.
float dot(const BlockQ2K& w, const BlockQ8K& x);
float dot(const BlockQ4K& w, const BlockQ8K& x);
float dot(const BlockIQ2XXS& w, const BlockQ8K& x);
float dot(const BlockQ8_0& w, const std::int8_t* x, float x_scale);
float dot(const BlockMXFP4& w, const std::int8_t* x, float x_scale);

}  // namespace ds4::quant
