#include "device/cpu/product_floats.h"

#define DS4_BODY "device/cpu/product_floats.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

void product_floats(Isa isa, const ProductArgs& args, std::byte*) {
  DS4_ON_ISA(isa, multiply_any_floats)(args);
}

}  // namespace ds4::device
