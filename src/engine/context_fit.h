// How long a session may become on this machine, decided from the memory plan before anything is
// allocated.
#pragma once

#include <cstdint>
#include <vector>

#include "ds4/result.h"
#include "model/memory_plan.h"

namespace ds4::engine {

struct ContextWish {
  std::uint64_t tokens = 0;  // 0: kDefaultContext, or less where the model or the memory ends
  bool rows_are_packed = true;
  std::uint64_t available_bytes = 0;
};

inline constexpr std::uint64_t kDefaultContext = 32768;

// Memory that must be had for a session of so many tokens: its state, the scratch of the forward
// pass, room for the places a session can come back to, and the weights that every token reads.
// Routed experts do not count: they are mapped, and what is not in memory is read when needed.
std::uint64_t needed_bytes(const model::Shape& shape, const model::MemoryPlan& plan,
                           bool rows_are_packed);

// The tokens of a session's context. What was asked for and does not fit is refused with the
// numbers and the largest context that would.
Result<std::uint64_t> fit_context(const model::Shape& shape,
                                  const std::vector<model::WeightBytes>& weights,
                                  const ContextWish& wish);

}  // namespace ds4::engine
