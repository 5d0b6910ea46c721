// Matrices times the rows of a batch: all products of an operation are cut into tiles of weight
// rows, and the team takes them in one run.

#include <algorithm>

#include "base/check.h"
#include "device/cpu/activation_forms.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/panels.h"
#include "device/cpu/product.h"
#include "device/cpu/scratch_needs.h"

namespace ds4::device {

namespace {

// Weight bytes of a task: long enough to be worth claiming, short enough that all threads end at
// about the same time.
constexpr std::size_t kTaskBytes = 32768;

// Weight rows of a task. With many rows of activations a row of weights is much work, and tiles
// take sixteen. Panels are read from a far cache, so some strips share them.
std::uint32_t rows_of_task(const Weight& weight, std::uint32_t rows, bool panels, int threads) {
  std::size_t fit = rows >= 8 ? 16 : kTaskBytes / weight.row_bytes;
  if (panels) {
    const std::size_t part = weight.rows / (4 * static_cast<std::size_t>(threads));
    fit = std::clamp<std::size_t>(part / 16, 1, kStripsMax) * 16;
  }
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(fit / 4 * 4, 4, 256));
}

std::uint32_t tasks_of(const Weight& weight, std::uint32_t each) {
  return (static_cast<std::uint32_t>(weight.rows) + each - 1) / each;
}

}  // namespace

ScratchNeeds multiply_needs(const Capacity& capacity) {
  const std::size_t panels = panels_of(capacity.rows);
  // A product may take the streams of every row apart: more rows that are shorter.
  return {product_scratch_bytes(capacity.width_max, std::size_t{capacity.rows} * kStreams) +
              capacity.rows * sizeof(std::uint32_t),
          panels * (panel_bytes(ActivationForm::groups, capacity.width_max) +
                    panel_bytes(ActivationForm::blocks, capacity.width_max))};
}

void CpuDevice::multiply(std::span<const Product> products, const float* x, std::uint32_t rows) {
  if (products.empty()) return;
  const std::size_t columns = products[0].weight->columns;
  ActivationForms forms(isa_, team_, activations_, x, rows, columns);
  const std::byte* panels[3] = {};  // of each form
  std::size_t panels_end = 0;
  std::uint32_t tasks = 0;
  const auto rows_each = [&](const Weight& weight) {
    return rows_of_task(weight, rows, wants_panels(isa_, weight.type, rows), team_.size());
  };
  for (const Product& product : products) {
    const Weight& weight = *product.weight;
    CHECK(weight.columns == columns);
    forms.need(weight.type);
    tasks += tasks_of(weight, rows_each(weight));
    const ActivationForm form = form_for(weight.type);
    if (!wants_panels(isa_, weight.type, rows) || panels[static_cast<int>(form)] != nullptr) {
      continue;
    }
    const std::size_t begin = panels_end;
    panels_end += panels_of(rows) * panel_bytes(form, columns);
    std::byte* to = scratch_.shared<std::byte>(panels_end) + begin;
    team_.run(panels_of(rows), [&](std::uint32_t panel, int) {
      make_panel(form, forms.of(weight.type), nullptr, rows, panel, to);
    });
    panels[static_cast<int>(form)] = to;
  }
  const std::size_t scratch_bytes = product_scratch_bytes(columns, rows);
  team_.run(tasks, [&](std::uint32_t task, int worker) {
    const Product* product = products.data();
    while (task >= tasks_of(*product->weight, rows_each(*product->weight))) {
      task -= tasks_of(*product->weight, rows_each(*product->weight));
      ++product;
    }
    const Weight& weight = *product->weight;
    const std::uint32_t each = rows_each(weight);
    const std::uint32_t first = task * each;
    ProductArgs args = product_of(weight, first, each, weight.rows);
    args.x = forms.of(weight.type);
    args.inputs = rows;
    args.panels = panels[static_cast<int>(form_for(weight.type))];
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
  const bool in_panels = wants_panels(isa_, weight.type, rows);
  const std::uint32_t each = rows_of_task(part, rows, in_panels, team_.size());
  const std::uint32_t tasks = tasks_of(part, each);
  const std::size_t scratch_bytes = product_scratch_bytes(weight.columns, rows);
  const auto worker_piece = [&](int worker) {
    return scratch_.worker<std::byte>(worker, scratch_bytes + rows * sizeof(std::uint32_t));
  };
  const auto rows_of_group = [&](std::uint32_t group, std::byte* scratch) {
    auto* x_rows = reinterpret_cast<std::uint32_t*>(scratch + scratch_bytes);
    for (std::uint32_t i = 0; i < rows; ++i) x_rows[i] = i * groups + group;
    return x_rows;
  };
  const ActivationForm form = form_for(weight.type);
  const std::size_t group_bytes =
      in_panels ? panels_of(rows) * panel_bytes(form, weight.columns) : 0;
  auto* panels = scratch_.shared<std::byte>(groups * group_bytes);
  if (in_panels) {
    team_.run(groups * panels_of(rows), [&](std::uint32_t task, int worker) {
      const std::uint32_t group = task / panels_of(rows);
      make_panel(form, forms.of(weight.type), rows_of_group(group, worker_piece(worker)), rows,
                 task % panels_of(rows), panels + group * group_bytes);
    });
  }
  team_.run(tasks * groups, [&](std::uint32_t task, int worker) {
    const std::uint32_t group = task / tasks;
    const std::uint64_t first = group * part.rows + task % tasks * each;
    std::byte* scratch = worker_piece(worker);
    const std::uint32_t* x_rows = rows_of_group(group, scratch);
    ProductArgs args = product_of(weight, first, each, (group + 1) * part.rows);
    args.x = forms.of(weight.type);
    args.x_rows = x_rows;
    args.inputs = rows;
    args.panels = in_panels ? panels + group * group_bytes : nullptr;
    args.out = out + first;
    args.out_stride = weight.rows;
    product(isa_, args, scratch);
  });
}

}  // namespace ds4::device
