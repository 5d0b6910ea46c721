#include "device/cpu/product.h"

#include "device/cpu/product_blocks.h"
#include "device/cpu/product_floats.h"

namespace ds4::device {

// Sixteen rows of a Q4_K tile are the largest: its 5248 bytes for every block of 256 columns, and
// the sums of eight activation rows of any type, four bytes for each group of 32.
std::size_t product_scratch_bytes(std::size_t columns) {
  const std::size_t blocks = (columns + 255) / 256;
  return blocks * (5248 + 8 * 8 * 4);
}

void product(Isa isa, const ProductArgs& args, std::byte* scratch) {
  if (form_for(args.type) == ActivationForm::plain) {
    product_floats(isa, args, scratch);
  } else {
    product_blocks(isa, args, scratch);
  }
}

}  // namespace ds4::device
