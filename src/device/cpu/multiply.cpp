// Matrices times the rows of a batch: all products of an operation are cut into tiles of weight
// rows, and the team takes them in one run.

#include <algorithm>

#include "base/check.h"
#include "device/cpu/activation_forms.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/product.h"
#include "device/cpu/scratch_needs.h"

namespace ds4::device {

namespace {

// Weight bytes of a task: long enough to be worth claiming, short enough that all threads end at
// about the same time.
constexpr std::size_t kTaskBytes = 32768;

// Weight rows of a task. With many rows of activations a row of weights is much work, and tiles
// take sixteen.
std::uint32_t rows_of_task(const Weight& weight, std::uint32_t rows) {
  const std::size_t fit = rows >= 8 ? 16 : kTaskBytes / weight.row_bytes;
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(fit / 4 * 4, 4, 256));
}

std::uint32_t tasks_of(const Weight& weight, std::uint32_t rows) {
  const std::uint32_t each = rows_of_task(weight, rows);
  return (static_cast<std::uint32_t>(weight.rows) + each - 1) / each;
}

}  // namespace

ScratchNeeds multiply_needs(const Capacity& capacity) {
  return {product_scratch_bytes(capacity.width_max) + capacity.rows * sizeof(std::uint32_t), 0};
}

void CpuDevice::multiply(std::span<const Product> products, const float* x, std::uint32_t rows) {
  if (products.empty()) return;
  const std::size_t columns = products[0].weight->columns;
  ActivationForms forms(isa_, team_, activations_, x, rows, columns);
  std::uint32_t tasks = 0;
  for (const Product& product : products) {
    CHECK(product.weight->columns == columns);
    forms.need(product.weight->type);
    tasks += tasks_of(*product.weight, rows);
  }
  const std::size_t scratch_bytes = product_scratch_bytes(columns);
  team_.run(tasks, [&](std::uint32_t task, int worker) {
    const Product* product = products.data();
    while (task >= tasks_of(*product->weight, rows)) {
      task -= tasks_of(*product->weight, rows);
      ++product;
    }
    const Weight& weight = *product->weight;
    const std::uint32_t each = rows_of_task(weight, rows);
    const std::uint32_t first = task * each;
    ProductArgs args = product_of(weight, first, each, weight.rows);
    args.x = forms.of(weight.type);
    args.inputs = rows;
    args.out = product->out + first;
    args.out_stride = weight.rows;
    ds4::device::product(isa_, args, scratch_.worker<std::byte>(worker, scratch_bytes));
  });
}

void CpuDevice::multiply_grouped(const Weight& weight, std::uint32_t groups, const float* x,
                                 std::uint32_t rows, float* out) {
  CHECK(groups > 0 && weight.rows % groups == 0);
  // Part g of row i is row i * groups + g of a batch of narrow rows.
  ActivationForms forms(isa_, team_, activations_, x, rows * groups, weight.columns);
  forms.need(weight.type);
  Weight part = weight;
  part.rows = weight.rows / groups;
  const std::uint32_t each = rows_of_task(part, rows);
  const std::uint32_t tasks = tasks_of(part, rows);
  const std::size_t scratch_bytes = product_scratch_bytes(weight.columns);
  team_.run(tasks * groups, [&](std::uint32_t task, int worker) {
    const std::uint32_t group = task / tasks;
    const std::uint64_t first = group * part.rows + task % tasks * each;
    auto* scratch =
        scratch_.worker<std::byte>(worker, scratch_bytes + rows * sizeof(std::uint32_t));
    auto* x_rows = reinterpret_cast<std::uint32_t*>(scratch + scratch_bytes);
    for (std::uint32_t i = 0; i < rows; ++i) x_rows[i] = i * groups + group;
    ProductArgs args = product_of(weight, first, each, (group + 1) * part.rows);
    args.x = forms.of(weight.type);
    args.x_rows = x_rows;
    args.inputs = rows;
    args.out = out + first;
    args.out_stride = weight.rows;
    product(isa_, args, scratch);
  });
}

}  // namespace ds4::device
