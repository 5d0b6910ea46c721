#include "device/cpu/routing.h"

#include <algorithm>
#include <cstring>

#include "device/cpu/cpu_device.h"
#include "device/cpu/scratch_needs.h"

#define DS4_BODY "device/cpu/routing.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

constexpr std::uint32_t kRowsOfTask = 4;

std::size_t padded(std::uint32_t experts) {
  return (std::size_t{experts} + 15) / 16 * 16;
}

// The `used` best of `experts`, best first; of equals the lower id. Ids are valid and distinct
// whatever the scores are, NaN too.
void choose_best(const float* biased, std::uint32_t experts, std::uint32_t used,
                 std::uint32_t* ids) {
  std::uint32_t count = 0;
  for (std::uint32_t id = 0; id < experts; ++id) {
    if (count == used && !(biased[id] > biased[ids[used - 1]])) continue;
    std::uint32_t place = count < used ? count++ : used - 1;
    for (; place > 0 && biased[id] > biased[ids[place - 1]]; --place) ids[place] = ids[place - 1];
    ids[place] = id;
  }
}

void weigh(const float* scores, const RouteArgs& args, const std::uint32_t* ids, float* weights) {
  float total = 0;
  for (std::uint32_t k = 0; k < args.used; ++k) total = total + scores[ids[k]];
  for (std::uint32_t k = 0; k < args.used; ++k) {
    const float score = scores[ids[k]];
    weights[k] = (args.normalize ? score / total : score) * args.scale;
  }
}

}  // namespace

ScratchNeeds routing_needs(const Capacity& capacity) {
  return {.worker_bytes = 2 * padded(capacity.experts) * sizeof(float), .shared_bytes = 0};
}

void route(Isa isa, Team& team, Scratch& scratch, const Batch& batch, const RouteArgs& args) {
  CHECK(args.used >= 1 && args.used <= args.experts);
  const std::size_t room = padded(args.experts);
  const std::uint32_t tasks = (batch.rows + kRowsOfTask - 1) / kRowsOfTask;
  team.run(tasks, [&](std::uint32_t task, int worker) {
    float* scores = scratch.worker<float>(worker, 2 * room);
    float* biased = scores + room;
    const std::uint32_t end = std::min(batch.rows, (task + 1) * kRowsOfTask);
    for (std::uint32_t row = task * kRowsOfTask; row < end; ++row) {
      DS4_ON_ISA(isa, score_row)
      (args.logits + std::size_t{row} * args.experts, args.bias, args.experts, scores, biased);
      std::uint32_t* ids = args.ids + std::size_t{row} * args.used;
      if (args.token_table != nullptr) {
        // int32 ids, checked when the file was opened.
        const auto token = static_cast<std::uint64_t>(batch.tokens[row]);
        CHECK(token < args.token_table->rows && args.token_table->columns == args.used);
        std::memcpy(ids, args.token_table->data + token * args.token_table->row_bytes,
                    args.used * sizeof(std::uint32_t));
      } else {
        choose_best(biased, args.experts, args.used, ids);
      }
      weigh(scores, args, ids, args.weights + std::size_t{row} * args.used);
    }
  });
}

void CpuDevice::route(const Batch& batch, const RouteArgs& args) {
  device::route(isa_, team_, scratch_, batch, args);
}

}  // namespace ds4::device
