// Products with Q8_0, MXFP4, Q2_K, Q4_K and IQ2_XXS weights, whose activations are 8-bit codes.
#pragma once

#include "device/cpu/product.h"

namespace ds4::device {

// product() for these types.
void product_blocks(Isa isa, const ProductArgs& args, std::byte* scratch);

}  // namespace ds4::device
