// The device as the forward pass holds it: prepare() alone must have planned what the operations of
// the streams borrow, and a step must come out the same whatever the team and the instruction set.

#include "device/cpu/cpu_device.h"

#include <gtest/gtest.h>

#include <memory>

#include "device/cpu/test_rows.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;
using quant::Type;

// The way of a batch through a layer's operations on streams, with nothing but the router between.
struct Step {
  static constexpr std::uint32_t kRows = 5, kWidth = 128, kExperts = 40, kUsed = 4;
  static constexpr std::uint32_t kHeads = 2, kHeadWidth = 64, kPairs = 8;

  TestWeight table{Type::f16, random_floats(1, 10 * kWidth), 10};
  TestWeight fn{Type::f32, random_floats(2, 24 * 4 * kWidth, 0.1f), 24};
  TestWeight base{Type::f32, random_floats(3, 24)}, scale{Type::f32, random_floats(4, 3)};
  TestWeight head_fn{Type::f16, random_floats(5, 4 * 4 * kWidth, 0.1f), 4};
  TestWeight head_base{Type::f32, random_floats(6, 4)}, head_scale{Type::f32, random_floats(7, 1)};
  TestWeight norm{Type::bf16, random_floats(8, kWidth)};
  TestWeight router{Type::f32, random_floats(9, kExperts* kWidth), kExperts};
  std::vector<float> direction = random_floats(10, kWidth);
  std::vector<float> frequencies = random_floats(11, kPairs);
  std::int32_t tokens[kRows] = {3, 9, 0, 3, 1};
  std::uint64_t positions[kRows] = {0, 1, 2, 100, 65000};

  std::vector<float> run(Isa isa, int threads) const {
    const std::unique_ptr<Device> device =
        std::make_unique<CpuDevice>(CpuOptions{.isa = isa, .threads = threads});
    Capacity capacity;
    capacity.rows = kRows;
    capacity.width_max = 4 * kWidth;
    capacity.experts = kExperts;
    capacity.experts_used = kUsed;
    capacity.expert_width = kWidth;
    capacity.heads = kHeads;
    capacity.format = {.head_width = kHeadWidth, .rope_width = 2 * kPairs, .index_width = 32};
    device->prepare(capacity);

    Batch batch;
    batch.rows = kRows;
    batch.tokens = tokens;
    batch.positions = positions;
    std::vector<float> streams(kRows * 4 * kWidth), y(kRows * kWidth), post(kRows * 4),
        comb(kRows * 16), logits(kRows * kExperts), weights(kRows * kUsed), head(2 * kWidth);
    std::vector<std::uint32_t> ids(kRows * kUsed);
    device->embed(table.weight, tokens, kRows, kStreams, streams.data());

    CollapseArgs in;
    in.mix = {&fn.weight, &base.weight, &scale.weight};
    in.norm = &norm.weight;
    in.streams = streams.data();
    in.rows = kRows;
    in.width = kWidth;
    in.iterations = 20;
    in.norm_epsilon = in.mixing_epsilon = 1e-6f;
    in.normed = y.data();
    in.post = post.data();
    in.comb = comb.data();
    device->collapse(in);

    const Product product{&router.weight, logits.data()};
    device->multiply({&product, 1}, y.data(), kRows);
    RouteArgs route;
    route.logits = logits.data();
    route.experts = kExperts;
    route.used = kUsed;
    route.ids = ids.data();
    route.weights = weights.data();
    device->route(batch, route);

    device->add_direction(direction.data(), 0.5f, kRows, kWidth, y.data());
    device->finish_queries(batch, kHeads, kHeadWidth, 1e-6f, {frequencies.data(), kPairs},
                           y.data());
    device->rms_norm(y.data(), nullptr, 1e-6f, kRows, kWidth, y.data());
    device->expand(y.data(), post.data(), comb.data(), kRows, kWidth, streams.data());

    const std::uint32_t last[] = {4, 1};
    CollapseHeadArgs out;
    out.mix = {&head_fn.weight, &head_base.weight, &head_scale.weight};
    out.norm = &norm.weight;
    out.streams = streams.data();
    out.rows = last;
    out.width = kWidth;
    out.norm_epsilon = out.mixing_epsilon = 1e-6f;
    out.normed = head.data();
    device->collapse_head(out);
    device->wait();

    std::vector<float> all = head;
    for (const auto* part : {&streams, &logits, &weights}) {
      all.insert(all.end(), part->begin(), part->end());
    }
    for (const std::uint32_t id : ids) all.push_back(static_cast<float>(id));
    return all;
  }
};

TEST(cpu_device, steps_alike_on_every_team_and_instruction_set) {
  const Step step;
  const auto want = step.run(Isa::portable, 1);
  for (const Isa isa : runnable_isas()) {
    for (const int threads : {1, 2, 3, 8}) expect_same_bits(step.run(isa, threads), want);
  }
}

TEST(cpu_device, says_what_it_is) {
  EXPECT_EQ(CpuDevice({.isa = Isa::portable, .threads = 1}).description(),
            "CPU, portable, 1 thread");
  EXPECT_EQ(CpuDevice({.isa = Isa::portable, .threads = 3}).description(),
            "CPU, portable, 3 threads");
}

}  // namespace
}  // namespace ds4::device
