#include "engine/context_fit.h"

#include <algorithm>

#include "base/human.h"
#include "engine/session.h"
#include "model/session_state.h"

namespace ds4::engine {

namespace {

constexpr std::uint64_t kLeastContext = 128;  // below this nobody can talk

}  // namespace

std::uint64_t needed_bytes(const model::Shape& shape, const model::MemoryPlan& plan,
                           bool rows_are_packed) {
  const auto format = model::StateLayout{.shape = &shape, .is_packed = rows_are_packed}.format();
  const auto scaled = [](std::uint64_t bytes, std::uint64_t row, std::uint64_t planned_row) {
    return bytes / planned_row * row;
  };
  const std::uint64_t window =
      scaled(plan.state.window, format.key_bytes(), shape.row_bytes()) + plan.state.partial;
  const std::uint64_t rows =
      scaled(plan.state.rows, format.key_bytes(), shape.row_bytes()) +
      scaled(plan.state.index_rows, format.index_bytes(), shape.index_row_bytes());
  return plan.resident_bytes + plan.scratch_bytes + rows + plan.state.tokens +
         (kSnapshotsMax + 1) * window;
}

Result<std::uint64_t> fit_context(const model::Shape& shape,
                                  const std::vector<model::WeightBytes>& weights,
                                  const ContextWish& wish) {
  const auto needed = [&](std::uint64_t tokens) {
    return needed_bytes(shape, model::plan_memory(shape, weights, tokens), wish.rows_are_packed);
  };
  const auto fits = [&](std::uint64_t tokens) { return needed(tokens) <= wish.available_bytes; };

  if (wish.tokens > shape.context_tokens) {
    return fail(Code::too_large, "a context of ", wish.tokens, " tokens is more than the model's ",
                shape.context_tokens, "; take --ctx ", shape.context_tokens, " or less");
  }
  const std::uint64_t wanted = wish.tokens != 0
                                   ? wish.tokens
                                   : std::min<std::uint64_t>(kDefaultContext, shape.context_tokens);
  if (fits(wanted)) return wanted;

  // The largest that fits, in steps that people can remember.
  std::uint64_t low = 0, high = wanted / kLeastContext;
  while (low < high) {
    const std::uint64_t middle = (low + high + 1) / 2;
    if (fits(middle * kLeastContext)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const std::uint64_t largest = low * kLeastContext;
  if (wish.tokens == 0 && largest > 0) return largest;
  const model::MemoryPlan plan = model::plan_memory(shape, weights, wanted);
  const std::string numbers =
      "a context of " + human_count(wanted) + " tokens needs " + human_bytes(needed(wanted)) +
      " (weights that every token reads " + human_bytes(plan.resident_bytes) + ", session " +
      human_bytes(needed(wanted) - plan.resident_bytes - plan.scratch_bytes) + ", scratch " +
      human_bytes(plan.scratch_bytes) + "), but only " + human_bytes(wish.available_bytes) +
      " are available";
  if (largest == 0) {
    return fail(Code::too_large, numbers,
                "; not even the shortest fits, so end other programs or "
                "take a smaller model");
  }
  return fail(Code::too_large, numbers, "; the largest that fits is --ctx ", largest);
}

}  // namespace ds4::engine
