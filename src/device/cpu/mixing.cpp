#include "device/cpu/mixing.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/norms.h"
#include "device/cpu/product.h"
#include "device/cpu/scratch_needs.h"
#include "quant/codec.h"

#define DS4_BODY "device/cpu/mixing.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

constexpr std::uint32_t kMixes = 2 * kStreams + kStreams * kStreams;
// What is kept of a row between the steps: its projections, then the factor of its norm.
constexpr std::uint32_t kRowFloats = 32;
constexpr std::uint32_t kRho = kMixes;
static_assert(kRho < kRowFloats);

// Rows that meet the projection at once where there are rows enough.
constexpr std::uint32_t kRowsOfTask = 6;
// Where there are not, a row is cut up: its projections, and its columns.
constexpr std::uint32_t kOutputsOfTask = 4;
constexpr std::uint32_t kColumnsOfTask = 1024;
constexpr std::uint32_t kShortRowsOfTask = 4;

std::uint32_t parts(std::uint32_t whole, std::uint32_t part) {
  return (whole + part - 1) / part;
}

bool rows_are_enough(const Team& team, std::uint32_t rows) {
  return team.size() == 1 || rows >= 2 * static_cast<std::uint32_t>(team.size());
}

std::uint32_t columns_of_task(const Team& team, std::uint32_t rows, std::uint32_t width) {
  return rows_are_enough(team, rows) ? width : kColumnsOfTask;
}

MixNumbers read_numbers(const Mix& mix) {
  MixNumbers numbers;
  CHECK(mix.base->columns <= std::size(numbers.base));
  CHECK(mix.scale->columns <= std::size(numbers.scale));
  quant::decode_row(mix.base->type, mix.base->data, numbers.base, mix.base->columns);
  quant::decode_row(mix.scale->type, mix.scale->data, numbers.scale, mix.scale->columns);
  return numbers;
}

// One collapse: of a site, or of the head, which has no way out.
struct Collapse {
  Isa isa;
  const CollapseArgs& args;
  const std::uint32_t* ids;  // which rows of the streams; null: 0, 1, ...
  MixNumbers numbers;
  ActivationRows v;  // the streams as the product takes them
  float* kept;       // [rows, kRowFloats]

  std::uint32_t id(std::uint32_t row) const { return ids != nullptr ? ids[row] : row; }
  std::uint32_t columns() const { return kStreams * args.width; }
  const float* streams(std::uint32_t row) const {
    return args.streams + std::size_t{id(row)} * columns();
  }
  float* kept_of(std::uint32_t row) const { return kept + std::size_t{row} * kRowFloats; }
  float* out(std::uint32_t row) const { return args.normed + std::size_t{row} * args.width; }

  void project(std::uint32_t first_row, std::uint32_t rows, std::uint32_t first_output,
               std::uint32_t outputs, std::byte* scratch) const {
    std::uint32_t x_rows[kRowsOfTask];
    for (std::uint32_t i = 0; i < rows; ++i) x_rows[i] = id(first_row + i);
    const Weight& fn = *args.mix.fn;
    ProductArgs product_args;
    product_args.weight = fn.data + first_output * fn.row_bytes;
    product_args.type = fn.type;
    product_args.row_bytes = fn.row_bytes;
    product_args.rows = outputs;
    product_args.x = v;
    product_args.x_rows = x_rows;
    product_args.inputs = rows;
    product_args.out = kept_of(first_row) + first_output;
    product_args.out_stride = kRowFloats;
    product(isa, product_args, scratch);
  }

  void measure(std::uint32_t row) const {
    kept_of(row)[kRho] = rms_scale(isa, streams(row), columns(), args.norm_epsilon);
  }

  void leave(std::uint32_t row) const {
    if (args.post == nullptr) return;
    const float* z = kept_of(row);
    DS4_ON_ISA(isa, mix_out)
    (z, z[kRho], numbers, args.mixing_epsilon, args.iterations, args.post + kStreams * row,
     args.comb + kStreams * kStreams * row);
  }

  void add_up(std::uint32_t row, std::uint32_t first, std::uint32_t count) const {
    const float* z = kept_of(row);
    float pre[kStreams];
    DS4_ON_ISA(isa, mix_in)(z, z[kRho], numbers, args.mixing_epsilon, pre);
    DS4_ON_ISA(isa, sum_streams)(streams(row) + first, pre, args.width, count, out(row) + first);
  }

  void norm(std::uint32_t row) const {
    rms_norm_row(isa, out(row), args.norm, args.norm_epsilon, args.width, out(row));
  }
};

void run_by_rows(Team& team, Scratch& scratch, const Collapse& job) {
  const std::uint32_t rows = job.args.rows, width = job.args.width;
  const auto outputs = static_cast<std::uint32_t>(job.args.mix.fn->rows);
  const std::uint32_t share = rows / static_cast<std::uint32_t>(team.size());
  const std::uint32_t step = std::clamp(share, 1u, kRowsOfTask);
  const std::size_t bytes = product_scratch_bytes(job.columns());
  team.run(parts(rows, step), [&](std::uint32_t task, int worker) {
    const std::uint32_t first = task * step, end = std::min(rows, first + step);
    job.project(first, end - first, 0, outputs, scratch.worker<std::byte>(worker, bytes));
    for (std::uint32_t row = first; row < end; ++row) {
      job.measure(row);
      job.leave(row);
      job.add_up(row, 0, width);
      job.norm(row);
    }
  });
}

// The steps of a row side by side. Task 0 of a row is what cannot be cut up.
void run_by_parts(Team& team, Scratch& scratch, const Collapse& job) {
  const std::uint32_t rows = job.args.rows, width = job.args.width;
  const auto outputs = static_cast<std::uint32_t>(job.args.mix.fn->rows);
  const std::size_t bytes = product_scratch_bytes(job.columns());
  const std::uint32_t products = 1 + parts(outputs, kOutputsOfTask);
  team.run(rows * products, [&](std::uint32_t task, int worker) {
    const std::uint32_t row = task / products, part = task % products;
    if (part == 0) return job.measure(row);
    const std::uint32_t first = (part - 1) * kOutputsOfTask;
    job.project(row, 1, first, std::min(kOutputsOfTask, outputs - first),
                scratch.worker<std::byte>(worker, bytes));
  });
  const std::uint32_t sums = 1 + parts(width, kColumnsOfTask);
  team.run(rows * sums, [&](std::uint32_t task, int) {
    const std::uint32_t row = task / sums, part = task % sums;
    if (part == 0) return job.leave(row);
    const std::uint32_t first = (part - 1) * kColumnsOfTask;
    job.add_up(row, first, std::min(kColumnsOfTask, width - first));
  });
  team.run(rows, [&](std::uint32_t row, int) { job.norm(row); });
}

void run(Isa isa, Team& team, Activations& activations, Scratch& scratch, const CollapseArgs& args,
         const std::uint32_t* ids) {
  const Weight& fn = *args.mix.fn;
  CHECK(fn.rows <= kMixes && fn.columns == std::uint64_t{kStreams} * args.width);
  // Rounded forms are made of all rows up to the last one asked for.
  const std::uint32_t last =
      ids != nullptr ? *std::max_element(ids, ids + args.rows) : args.rows - 1;
  Collapse job{isa, args, ids, read_numbers(args.mix), {}, nullptr};
  job.v = activations.make(isa, team, form_for(fn.type), args.streams, last + 1, job.columns(),
                           job.columns());
  job.kept = scratch.shared<float>(std::size_t{args.rows} * kRowFloats);
  if (rows_are_enough(team, args.rows)) {
    run_by_rows(team, scratch, job);
  } else {
    run_by_parts(team, scratch, job);
  }
}

}  // namespace

ScratchNeeds mixing_needs(const Capacity& capacity) {
  return {.worker_bytes = product_scratch_bytes(capacity.width_max),
          .shared_bytes = std::size_t{capacity.rows} * kRowFloats * sizeof(float)};
}

void mix_row(Isa isa, const float* z, float rho, const MixNumbers& mix, float epsilon,
             std::uint32_t iterations, float* pre, float* post, float* comb) {
  DS4_ON_ISA(isa, mix_in)(z, rho, mix, epsilon, pre);
  DS4_ON_ISA(isa, mix_out)(z, rho, mix, epsilon, iterations, post, comb);
}

void embed(Team& team, const Weight& table, const std::int32_t* tokens, std::uint32_t rows,
           std::uint32_t copies, float* out) {
  const std::size_t width = table.columns;
  team.run(rows, [&](std::uint32_t row, int) {
    const auto token = static_cast<std::uint64_t>(tokens[row]);
    CHECK(token < table.rows);
    float* first = out + row * copies * width;
    quant::decode_row(table.type, table.data + token * table.row_bytes, first, width);
    for (std::uint32_t j = 1; j < copies; ++j) {
      std::memcpy(first + j * width, first, width * sizeof(float));
    }
  });
}

void collapse(Isa isa, Team& team, Activations& activations, Scratch& scratch,
              const CollapseArgs& args) {
  if (args.rows == 0) return;
  run(isa, team, activations, scratch, args, nullptr);
}

void collapse_head(Isa isa, Team& team, Activations& activations, Scratch& scratch,
                   const CollapseHeadArgs& args) {
  if (args.rows.empty()) return;
  CollapseArgs all;
  all.mix = args.mix;
  all.norm = args.norm;
  all.streams = args.streams;
  all.rows = static_cast<std::uint32_t>(args.rows.size());
  all.width = args.width;
  all.norm_epsilon = args.norm_epsilon;
  all.mixing_epsilon = args.mixing_epsilon;
  all.normed = args.normed;
  run(isa, team, activations, scratch, all, args.rows.data());
}

void expand(Isa isa, Team& team, const float* y, const float* post, const float* comb,
            std::uint32_t rows, std::uint32_t width, float* streams) {
  const std::uint32_t step = columns_of_task(team, rows, width);
  const std::uint32_t tasks_of_row = parts(width, step);
  team.run(rows * tasks_of_row, [&](std::uint32_t task, int) {
    const std::size_t row = task / tasks_of_row;
    const std::uint32_t first = task % tasks_of_row * step;
    DS4_ON_ISA(isa, expand_streams)
    (y + row * width + first, post + row * kStreams, comb + row * kStreams * kStreams, width,
     std::min(step, width - first), streams + row * kStreams * width + first);
  });
}

void add_direction(Isa isa, Team& team, const float* direction, float scale, std::uint32_t rows,
                   std::uint32_t width, float* out) {
  team.run(parts(rows, kShortRowsOfTask), [&](std::uint32_t task, int) {
    const std::size_t first = std::size_t{task} * kShortRowsOfTask;
    for (std::size_t row = first; row < std::min<std::size_t>(rows, first + kShortRowsOfTask);
         ++row) {
      DS4_ON_ISA(isa, add_row)(direction, scale, width, out + row * width);
    }
  });
}

void CpuDevice::embed(const Weight& table, const std::int32_t* tokens, std::uint32_t rows,
                      std::uint32_t copies, float* out) {
  device::embed(team_, table, tokens, rows, copies, out);
}

void CpuDevice::collapse(const CollapseArgs& args) {
  device::collapse(isa_, team_, activations_, scratch_, args);
}

void CpuDevice::expand(const float* y, const float* post, const float* comb, std::uint32_t rows,
                       std::uint32_t width, float* streams) {
  device::expand(isa_, team_, y, post, comb, rows, width, streams);
}

void CpuDevice::collapse_head(const CollapseHeadArgs& args) {
  device::collapse_head(isa_, team_, activations_, scratch_, args);
}

void CpuDevice::add_direction(const float* direction, float scale, std::uint32_t rows,
                              std::uint32_t width, float* out) {
  device::add_direction(isa_, team_, direction, scale, rows, width, out);
}

}  // namespace ds4::device
