#include "device/cpu/product.h"

#include <algorithm>

#include "device/cpu/panels.h"
#include "device/cpu/product_blocks.h"
#include "device/cpu/product_floats.h"

namespace ds4::device {

ProductArgs product_of(const Weight& weight, std::uint64_t first, std::uint32_t count,
                       std::uint64_t end) {
  ProductArgs args;
  args.weight = weight.data + first * weight.row_bytes;
  args.type = weight.type;
  args.row_bytes = weight.row_bytes;
  args.rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, end - first));
  args.out_stride = count;
  return args;
}

// Sixteen rows of a Q4_K tile are the largest: its 5248 bytes for every block of 256 columns, and
// the sums of eight activation rows of any type, four bytes for each group of 32.
// With panels, strips of Q4_K are the largest: sixteen weight rows of a chain, and two sums of each
// of the products with a panel.
std::size_t product_scratch_bytes(std::size_t columns, std::size_t inputs) {
  const std::size_t blocks = (columns + 255) / 256;
  const std::size_t tile = blocks * (5248 + 8 * 8 * 4);
  if (inputs == 0) return tile;
  const std::size_t strip = blocks_in_chain(blocks, 0) * kStripBlockBytesMax;
  const std::size_t sums = panels_of(static_cast<std::uint32_t>(inputs)) * 2 * 16 * 16 * 4;
  return std::max(tile, kStripsMax * (strip + sums));
}

void product(Isa isa, const ProductArgs& args, std::byte* scratch) {
  if (form_for(args.type) == ActivationForm::plain) {
    product_floats(isa, args, scratch);
  } else {
    product_blocks(isa, args, scratch);
  }
}

}  // namespace ds4::device
