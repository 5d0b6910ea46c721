// How fast the CPU multiplies weights by activations: one thread, every format, at the sizes of
// V4 Flash; and a layer of its experts. items/s are multiplications, bytes/s those of the weights,
// which lie in memory and not in a cache.
//
// What bounds them. One row of activations: memory, or, for the formats of two bits, looking codes
// up. Many rows: the dot products of bytes, of which a core of AVX-512 starts two a cycle, 64
// multiplications each.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "bench/product_case.h"
#include "bench/run_benchmarks.h"
#include "device/cpu/cpu_device.h"

namespace {

using namespace ds4;
using namespace ds4::bench;
using namespace ds4::device;
using quant::Type;

// Different matrices take turns, so that none is in a cache when it comes again.
constexpr std::size_t kWeightBytes = std::size_t{256} << 20;

const std::vector<std::byte>& weight_bytes() {
  static const std::vector<std::byte> weight = random_weight(kWeightBytes);
  return weight;
}

void multiply(benchmark::State& state, Size size, Isa isa) {
  const auto inputs = static_cast<std::uint32_t>(state.range(0));
  ProductCase at_hand(size, inputs, isa);
  const std::vector<std::byte>& weight = weight_bytes();
  const std::size_t step = at_hand.weight_bytes();
  std::size_t at = 0;
  for (auto _ : state) {
    at_hand.multiply(weight.data() + at);
    at = at + 2 * step <= weight.size() ? at + step : 0;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(step));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kTaskRows * size.columns) *
                          inputs);
}

void round_rows(benchmark::State& state, ActivationForm form, Isa isa) {
  constexpr std::size_t kColumns = 4096, kRows = 16;
  const std::vector<float> x = random_floats(kRows * kColumns);
  Team team(1);
  Activations activations;
  activations.reserve(kRows, kColumns);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        activations.make(isa, team, form, x.data(), kRows, kColumns, kColumns));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows * kColumns));
}

// The experts of a layer for a batch of rows, on all threads. items/s are rows.
void experts(benchmark::State& state, Isa isa) {
  constexpr std::uint32_t kWidth = 4096, kMiddle = 2048, kExperts = 32, kUsed = 6;
  const auto rows = static_cast<std::uint32_t>(state.range(0));
  const auto weight_of = [](Type type, std::uint64_t columns, std::uint64_t outputs,
                            std::uint64_t count) {
    const Weight weight = {weight_bytes().data(),          type, columns, outputs, count,
                           quant::row_bytes(type, columns)};
    CHECK(weight.bytes() <= kWeightBytes);
    return weight;
  };
  const Weight gate = weight_of(Type::iq2_xxs, kWidth, kMiddle, kExperts);
  const Weight down = weight_of(Type::q2_k, kMiddle, kWidth, kExperts);
  const Weight shared_gate = weight_of(Type::q8_0, kWidth, kMiddle, 1);
  const Weight shared_down = weight_of(Type::q8_0, kMiddle, kWidth, 1);
  const std::vector<float> x = random_floats(std::size_t{rows} * kWidth);
  std::vector<float> out(x.size()), weights(rows * kUsed, 0.2f);
  std::vector<std::uint32_t> ids(rows * kUsed);
  CpuDevice device({.isa = isa});
  device.prepare({.rows = rows,
                  .width_max = kWidth,
                  .experts_used = kUsed,
                  .expert_width = kMiddle,
                  .experts = kExperts});
  std::uint32_t next = 0;
  for (auto _ : state) {
    // Six different experts a row, others in the next turn.
    for (std::uint32_t& id : ids) id = next++ * 5 % kExperts;
    device.run_experts({.gate = &gate,
                        .up = &gate,
                        .down = &down,
                        .shared_gate = &shared_gate,
                        .shared_up = &shared_gate,
                        .shared_down = &shared_down,
                        .x = x.data(),
                        .rows = rows,
                        .used = kUsed,
                        .ids = ids.data(),
                        .weights = weights.data(),
                        .clamp = 10,
                        .out = out.data()});
    device.wait();
  }
  const std::size_t macs = std::size_t{3} * kWidth * kMiddle * (kUsed + 1) * rows;
  state.SetItemsProcessed(state.iterations() * rows);
  state.counters["MAC/s"] =
      benchmark::Counter(static_cast<double>(macs), benchmark::Counter::kIsIterationInvariantRate);
}

void register_all() {
  for (const Size& size : kSizes) {
    for (const Isa isa : runnable_isas()) {
      if (isa == Isa::portable) continue;
      const std::string name =
          "multiply/" + std::string(quant::info(size.type).name) + "/" + std::string(name_of(isa));
      auto* bench = benchmark::RegisterBenchmark(name.c_str(), multiply, size, isa);
      for (const int inputs : {1, 2, 3, 4, 8, 12, 16, 128, 512}) bench->Arg(inputs);
    }
  }
  for (const Isa isa : runnable_isas()) {
    const std::string name(name_of(isa));
    benchmark::RegisterBenchmark(("round/groups/" + name).c_str(), round_rows,
                                 ActivationForm::groups, isa);
    benchmark::RegisterBenchmark(("round/blocks/" + name).c_str(), round_rows,
                                 ActivationForm::blocks, isa);
    if (isa == Isa::portable) continue;
    auto* bench = benchmark::RegisterBenchmark(("experts/" + name).c_str(), experts, isa);
    bench->Arg(1)->Arg(4)->Arg(64)->Arg(512)->UseRealTime()->MeasureProcessCPUTime();
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  return ds4::run_benchmarks(argc, argv);
}
