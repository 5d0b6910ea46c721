// Products with F32, F16 and BF16 weights, whose activations stay f32.
#pragma once

#include "device/cpu/product.h"

namespace ds4::device {

// product() for these types.
void product_floats(Isa isa, const ProductArgs& args, std::byte* scratch);

}  // namespace ds4::device
