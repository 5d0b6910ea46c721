// Routed and shared experts of a batch. Rows are grouped by expert, so that a tile of an expert's
// weights serves all its rows. Two runs of the team: gate and up make the middle rows, which are
// rounded as `down` calls for; then every task makes some columns of the output, all experts of
// all rows, and adds them up in the order of the slots.

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"
#include "device/cpu/activation_forms.h"
#include "device/cpu/cpu_device.h"
#include "device/cpu/panels.h"
#include "device/cpu/product.h"
#include "device/cpu/scratch_needs.h"

#define DS4_BODY "device/cpu/experts.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

constexpr std::uint32_t kUsedMax = 64;

// Rows of gate and up in a task. The weights of few activation rows are read faster in long runs;
// the results of many should stay in a cache.
constexpr std::uint32_t kFewRows = 8, kTaskRowsForFew = 64, kTaskRows = 16;
constexpr std::uint32_t task_rows(std::size_t rows) {
  return rows < kFewRows ? kTaskRowsForFew : kTaskRows;
}
// Floats that the results of a task take with that many activation rows, or fewer.
constexpr std::size_t task_floats(std::size_t rows) {
  return std::max(rows * kTaskRows, std::min<std::size_t>(rows, kFewRows) * kTaskRowsForFew);
}

// Rows of down in a task: it goes through the activations of all experts, so the longer the better,
// as long as every thread has some tasks.
constexpr std::uint32_t kDownRows = 64;
constexpr std::uint32_t down_rows(std::uint64_t rows, int threads) {
  const std::uint64_t share = rows / (2 * static_cast<std::uint64_t>(threads));
  return share >= kDownRows ? kDownRows : share >= 32 ? 32 : 16;
}

constexpr std::uint32_t parts_of(std::uint64_t rows, std::uint32_t each) {
  return static_cast<std::uint32_t>((rows + each - 1) / each);
}

// Hands out parts of a piece of scratch; without one, counts them.
class Carver {
 public:
  explicit Carver(std::byte* at = nullptr) : at_(at) {}
  template <class T>
  T* take(std::size_t count) {
    const std::size_t from = used_;
    used_ += (count * sizeof(T) + 63) / 64 * 64;
    return at_ == nullptr ? nullptr : reinterpret_cast<T*>(at_ + from);
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* at_;
  std::size_t used_ = 0;
};

// Middle rows of the routed or of the shared experts, as computed and rounded.
struct MiddleRows {
  MiddleRows(Carver& from, std::size_t rows, std::size_t width) {
    const std::size_t groups = (width + 31) / 32;
    plain = from.take<float>(rows * width);
    rounded.columns = width;
    rounded.codes = from.take<std::int8_t>(rows * groups * 32);
    rounded.scales = from.take<float>(rows * groups);
    rounded.sums = from.take<std::int32_t>(rows * groups);
    rounded.blocks = from.take<quant::BlockQ8K>(rows * (width / 256));
  }
  ActivationRows as(ActivationForm form) const {
    if (form != ActivationForm::plain) return rounded.rows();
    return {rounded.columns, plain, rounded.columns};
  }
  float* plain;
  RoundedRows rounded;
};

// Every list of pairs ends with a panel that may not be full.
std::size_t most_panels(std::size_t pairs, std::size_t lists) {
  return std::min(pairs, pairs / kRowsOfPanel + lists);
}
std::size_t longest_panel(std::size_t columns) {
  return std::max(panel_bytes(ActivationForm::groups, columns),
                  panel_bytes(ActivationForm::blocks, columns));
}

// What all workers share. A pair is a slot of a row; pairs stand sorted by expert.
struct Shared {
  Shared(Carver from, std::size_t rows, std::size_t used, std::size_t experts, std::size_t width,
         std::size_t shared_width, std::size_t longest)
      : starts(from.take<std::uint32_t>(experts + 1)),
        active(from.take<std::uint32_t>(experts)),
        first_panels(from.take<std::uint32_t>(experts)),
        rows_of_pairs(from.take<std::uint32_t>(rows * used)),
        weights(from.take<float>(rows * used)),
        places(from.take<std::uint32_t>(rows * used)),
        routed(from, rows * used, width),
        shared(from, rows, shared_width),
        routed_panels(
            from.take<std::byte>(most_panels(rows * used, experts) * longest_panel(longest))),
        shared_panels(from.take<std::byte>(most_panels(rows, 1) * longest_panel(longest))),
        bytes(from.used()) {}

  std::uint32_t* starts;         // of each expert's pairs, and the end
  std::uint32_t* active;         // the experts that have any, ascending
  std::uint32_t* first_panels;   // of each active expert
  std::uint32_t* rows_of_pairs;  // in sorted order
  float* weights;                // likewise
  std::uint32_t* places;         // [rows, used] of the pair in sorted order
  MiddleRows routed, shared;
  std::byte *routed_panels, *shared_panels;  // of the product at hand
  std::size_t bytes;
};

struct Worker {
  Worker(Carver from, std::size_t rows, std::size_t used, std::size_t width_max)
      : scratch(from.take<std::byte>(product_scratch_bytes(width_max, rows))),
        gate(from.take<float>(task_floats(rows))),
        up(from.take<float>(task_floats(rows))),
        routed(from.take<float>(used * rows * kDownRows)),
        shared(from.take<float>(rows * kDownRows)),
        bytes(from.used()) {}

  std::byte* scratch;
  float *gate, *up;  // [rows of an expert, task_rows]
  float* routed;     // [pairs, down_rows]
  float* shared;     // [rows, down_rows]
  std::size_t bytes;
};

// Fills the lists of `to`; returns how many experts are active.
std::uint32_t sort_pairs(const ExpertArgs& args, std::uint32_t experts, const Shared& to) {
  const std::uint32_t pairs = args.rows * args.used;
  std::fill(to.starts, to.starts + experts + 1, 0u);
  for (std::uint32_t pair = 0; pair < pairs; ++pair) {
    CHECK(args.ids[pair] < experts);
    ++to.starts[args.ids[pair] + 1];
  }
  std::uint32_t active = 0, panels = 0;
  for (std::uint32_t expert = 0; expert < experts; ++expert) {
    if (to.starts[expert + 1] != 0) {
      to.active[active++] = expert;
      to.first_panels[expert] = panels;
      panels += panels_of(to.starts[expert + 1]);
    }
    to.starts[expert + 1] += to.starts[expert];
  }
  // Every start moves to its expert's end while the pairs are placed, and then back by one.
  for (std::uint32_t pair = 0; pair < pairs; ++pair) {
    const std::uint32_t place = to.starts[args.ids[pair]]++;
    to.places[pair] = place;
    to.rows_of_pairs[place] = pair / args.used;
    to.weights[place] = args.weights[pair];
  }
  for (std::uint32_t expert = experts; expert > 0; --expert)
    to.starts[expert] = to.starts[expert - 1];
  to.starts[0] = 0;
  return active;
}

// Rows `first`, ... of matrix `index`.
ProductArgs product_in(const Weight& weight, std::uint64_t index, std::uint32_t first,
                       std::uint32_t count) {
  const std::uint64_t begin = index * weight.rows;
  return product_of(weight, begin + first, count, begin + weight.rows);
}

ActivationRows skip_rows(ActivationRows x, std::size_t rows) {
  if (x.plain != nullptr) {
    x.plain += rows * x.plain_stride;
    return x;
  }
  x.codes += rows * x.groups() * 32;
  x.scales += rows * x.groups();
  x.sums += rows * x.groups();
  x.blocks += rows * (x.columns / 256);
  return x;
}

bool present(const Weight* weight) {
  return weight != nullptr && weight->present();
}

}  // namespace

ScratchNeeds experts_needs(const Capacity& capacity) {
  const std::size_t width = std::max(capacity.width_max, capacity.expert_width);
  const Shared shared(Carver(), capacity.rows, capacity.experts_used, capacity.experts,
                      capacity.expert_width, capacity.expert_width, width);
  return {Worker(Carver(), capacity.rows, capacity.experts_used, width).bytes, shared.bytes};
}

void CpuDevice::run_experts(const ExpertArgs& args) {
  const bool has_shared = present(args.shared_gate);
  const std::size_t width = args.gate->columns, middle = args.gate->rows;
  const std::size_t shared_middle = has_shared ? args.shared_gate->rows : 0;
  const auto experts = static_cast<std::uint32_t>(args.gate->count);
  const std::uint32_t each = task_rows(args.rows);
  CHECK(args.used >= 1 && args.used <= kUsedMax);

  const std::size_t longest = std::max({width, middle, shared_middle});
  const auto plan = [&](std::byte* at) {
    return Shared(Carver(at), args.rows, args.used, experts, middle, shared_middle, longest);
  };
  const Shared shared = plan(scratch_.shared<std::byte>(plan(nullptr).bytes));
  const std::size_t worker_bytes = Worker(Carver(), args.rows, args.used, longest).bytes;
  const auto worker_piece = [&](int worker) {
    return Worker(Carver(scratch_.worker<std::byte>(worker, worker_bytes)), args.rows, args.used,
                  longest);
  };

  ActivationForms forms(isa_, team_, activations_, args.x, args.rows, width);
  for (const Weight* weight : {args.gate, args.up, args.shared_gate, args.shared_up}) {
    if (present(weight)) forms.need(weight->type);
  }
  const std::uint32_t active = sort_pairs(args, experts, shared);

  // Where the instruction set takes panels: those of each expert's rows, which are those of its
  // pairs in x, if x_rows is set, or else stand in x as the pairs do; and the shared expert's.
  const auto pairs_of = [&](std::uint32_t expert) {
    return shared.starts[expert + 1] - shared.starts[expert];
  };
  const auto make_panels = [&](quant::Type type, const ActivationRows& x,
                               const std::uint32_t* x_rows, quant::Type shared_type,
                               const ActivationRows& shared_x) {
    const bool for_shared = has_shared && wants_panels(isa_, shared_type, args.rows);
    const bool for_routed = wants_panels(isa_, type, args.rows);
    const std::uint32_t shared_count = for_shared ? panels_of(args.rows) : 0;
    team_.run(shared_count + (for_routed ? active : 0), [&](std::uint32_t task, int) {
      if (task < shared_count) {
        return make_panel(form_for(shared_type), shared_x, nullptr, args.rows, task,
                          shared.shared_panels);
      }
      const std::uint32_t expert = shared.active[task - shared_count];
      const std::uint32_t start = shared.starts[expert], count = pairs_of(expert);
      if (!wants_panels(isa_, type, count)) return;
      std::byte* to = shared.routed_panels +
                      shared.first_panels[expert] * panel_bytes(form_for(type), x.columns);
      for (std::uint32_t panel = 0; panel < panels_of(count); ++panel) {
        make_panel(form_for(type), x_rows != nullptr ? x : skip_rows(x, start),
                   x_rows != nullptr ? x_rows + start : nullptr, count, panel, to);
      }
    });
  };
  const auto panels_for = [&](const Weight& weight, std::uint32_t expert) -> const std::byte* {
    if (!wants_panels(isa_, weight.type, pairs_of(expert))) return nullptr;
    return shared.routed_panels +
           shared.first_panels[expert] * panel_bytes(form_for(weight.type), weight.columns);
  };
  const auto panels_for_shared = [&](const Weight& weight) {
    return wants_panels(isa_, weight.type, args.rows) ? shared.shared_panels : nullptr;
  };
  const auto same_form = [](const Weight* a, const Weight* b) {
    return form_for(a->type) == form_for(b->type);
  };
  const bool in_panels =
      same_form(args.gate, args.up) && (!has_shared || same_form(args.shared_gate, args.shared_up));
  if (in_panels) {
    make_panels(args.gate->type, forms.of(args.gate->type), shared.rows_of_pairs,
                has_shared ? args.shared_gate->type : quant::Type::f32,
                has_shared ? forms.of(args.shared_gate->type) : ActivationRows{});
  }

  // The shared expert's tasks are the longest ones, so they come first.
  const std::uint32_t shared_parts = parts_of(shared_middle, each);
  const std::uint32_t parts = parts_of(middle, each);
  const auto blend = DS4_ON_ISA(isa_, blend_row);
  team_.run(shared_parts + active * parts, [&](std::uint32_t task, int worker) {
    const bool is_shared = task < shared_parts;
    const std::uint32_t expert = is_shared ? 0 : shared.active[(task - shared_parts) / parts];
    const std::uint32_t first = (is_shared ? task : (task - shared_parts) % parts) * each;
    const std::uint32_t start = is_shared ? 0 : shared.starts[expert];
    const std::uint32_t count = is_shared ? args.rows : shared.starts[expert + 1] - start;
    const Worker piece = worker_piece(worker);
    const auto multiply_by = [&](const Weight& weight, float* out) {
      ProductArgs product_args = product_in(weight, expert, first, each);
      product_args.x = forms.of(weight.type);
      product_args.x_rows = is_shared ? nullptr : shared.rows_of_pairs + start;
      product_args.inputs = count;
      if (in_panels) {
        product_args.panels = is_shared ? panels_for_shared(weight) : panels_for(weight, expert);
      }
      product_args.out = out;
      product(isa_, product_args, piece.scratch);
      return product_args.rows;
    };
    multiply_by(is_shared ? *args.shared_gate : *args.gate, piece.gate);
    const std::uint32_t made = multiply_by(is_shared ? *args.shared_up : *args.up, piece.up);
    const MiddleRows& to = is_shared ? shared.shared : shared.routed;
    for (std::uint32_t i = 0; i < count; ++i) {
      blend(piece.gate + i * each, piece.up + i * each, made,
            is_shared ? args.shared_clamp : args.clamp,
            is_shared ? 1.0f : shared.weights[start + i],
            to.plain + (start + i) * to.rounded.columns + first);
    }
  });

  const ActivationForm form = form_for(args.down->type);
  const ActivationForm shared_form =
      has_shared ? form_for(args.shared_down->type) : ActivationForm::plain;
  const std::uint32_t pairs = args.rows * args.used;
  const std::uint32_t to_round = form == ActivationForm::plain ? 0 : pairs;
  team_.run(to_round + (shared_form == ActivationForm::plain ? 0 : args.rows),
            [&](std::uint32_t task, int) {
              const bool is_shared = task >= to_round;
              const MiddleRows& rows = is_shared ? shared.shared : shared.routed;
              const std::uint32_t row = is_shared ? task - to_round : task;
              round_row(isa_, is_shared ? shared_form : form,
                        rows.plain + row * rows.rounded.columns, rows.rounded, row);
            });

  const ActivationRows routed_rows = shared.routed.as(form);
  const ActivationRows shared_rows = shared.shared.as(shared_form);
  make_panels(args.down->type, routed_rows, nullptr,
              has_shared ? args.shared_down->type : quant::Type::f32, shared_rows);
  const auto add = DS4_ON_ISA(isa_, add_rows);
  const std::uint32_t down_each = down_rows(args.down->rows, team_.size());
  team_.run(parts_of(args.down->rows, down_each), [&](std::uint32_t task, int worker) {
    const std::uint32_t first = task * down_each;
    const Worker piece = worker_piece(worker);
    std::uint32_t made = 0;
    for (std::uint32_t i = 0; i < active; ++i) {
      const std::uint32_t expert = shared.active[i];
      const std::uint32_t start = shared.starts[expert];
      ProductArgs product_args = product_in(*args.down, expert, first, down_each);
      product_args.x = skip_rows(routed_rows, start);
      product_args.inputs = pairs_of(expert);
      product_args.panels = panels_for(*args.down, expert);
      product_args.out = piece.routed + start * down_each;
      product(isa_, product_args, piece.scratch);
      made = product_args.rows;
    }
    if (has_shared) {
      ProductArgs product_args = product_in(*args.shared_down, 0, first, down_each);
      product_args.x = shared_rows;
      product_args.inputs = args.rows;
      product_args.panels = panels_for_shared(*args.shared_down);
      product_args.out = piece.shared;
      product(isa_, product_args, piece.scratch);
    }
    for (std::uint32_t row = 0; row < args.rows; ++row) {
      const float* slots[kUsedMax + 1];
      for (std::uint32_t slot = 0; slot < args.used; ++slot) {
        slots[slot] = piece.routed + shared.places[row * args.used + slot] * down_each;
      }
      slots[args.used] = piece.shared + row * down_each;
      add(slots, args.used + (has_shared ? 1 : 0), made, args.out + row * args.down->rows + first);
    }
  });
}

}  // namespace ds4::device
