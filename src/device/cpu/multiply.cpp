// Matrices of the model times the rows of a batch.
#include <algorithm>

#include "base/check.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/product.h"
#include "device/cpu/scratch_needs.h"

namespace ds4::device {

namespace {

constexpr std::uint32_t kTileRows = 16;

}  // namespace

ScratchNeeds multiply_needs(const Capacity& capacity) {
  return {.worker_bytes = product_scratch_bytes(capacity.width_max)};
}

void CpuDevice::multiply(std::span<const Product> products, const float* x, std::uint32_t rows) {
  for (const Product& p : products) {
    const Weight& w = *p.weight;
    const ActivationRows in =
        activations_.make(isa_, team_, form_for(w.type), x, rows, w.columns, w.columns);
    const std::size_t scratch = product_scratch_bytes(w.columns);
    const auto tiles = static_cast<std::uint32_t>((w.rows + kTileRows - 1) / kTileRows);
    team_.run(tiles, [&](std::uint32_t tile, int worker) {
      const std::uint64_t first = std::uint64_t{tile} * kTileRows;
      product(isa_,
              {.weight = w.data + first * w.row_bytes,
               .type = w.type,
               .row_bytes = w.row_bytes,
               .rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(kTileRows, w.rows - first)),
               .x = in,
               .inputs = rows,
               .out = p.out + first,
               .out_stride = w.rows},
              scratch_.worker<std::byte>(worker, scratch));
    });
  }
}

void CpuDevice::multiply_grouped(const Weight& w, std::uint32_t groups, const float* x,
                                 std::uint32_t rows, float* out) {
  const std::uint64_t rows_of_group = w.rows / groups;
  const std::size_t scratch = product_scratch_bytes(w.columns);
  for (std::uint32_t g = 0; g < groups; ++g) {
    const ActivationRows in = activations_.make(isa_, team_, form_for(w.type), x + g * w.columns,
                                                rows, w.columns, groups * w.columns);
    const auto tiles = static_cast<std::uint32_t>((rows_of_group + kTileRows - 1) / kTileRows);
    team_.run(tiles, [&](std::uint32_t tile, int worker) {
      const std::uint64_t in_group = std::uint64_t{tile} * kTileRows;
      const std::uint64_t first = g * rows_of_group + in_group;
      product(isa_,
              {.weight = w.data + first * w.row_bytes,
               .type = w.type,
               .row_bytes = w.row_bytes,
               .rows = static_cast<std::uint32_t>(
                   std::min<std::uint64_t>(kTileRows, rows_of_group - in_group)),
               .x = in,
               .inputs = rows,
               .out = out + first,
               .out_stride = w.rows},
              scratch_.worker<std::byte>(worker, scratch));
    });
  }
}

}  // namespace ds4::device
