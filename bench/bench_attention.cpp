// How fast attention and the indexer are at the dimensions of Flash, on one thread unless the name
// says otherwise.
//
// What bounds them: attention does 2 * heads * rows * width fused multiplications, of which a core
// with AVX-512 starts 32 a cycle; `of_peak` is the share of that at the clock in DS4_BENCH_GHZ
// (2.5 if it is not set). The indexer does heads * rows * width products of bytes, 128 a cycle.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "bench/attention_case.h"
#include "bench/run_benchmarks.h"

namespace {

using namespace ds4::bench;

double gigahertz() {
  const char* set = std::getenv("DS4_BENCH_GHZ");
  return set != nullptr ? std::atof(set) : 2.5;
}

// Rows that all queries of a chunk see together.
double rows_seen(std::uint32_t ratio, std::uint64_t position, std::uint32_t rows) {
  double seen = 0;
  for (std::uint64_t p = position; p < position + rows; ++p) {
    seen += static_cast<double>(std::min<std::uint64_t>(p + 1, kWindow));
    const std::uint64_t visible = ratio == 0 ? 0 : (p + 1) / ratio;
    seen += static_cast<double>(ratio == 4 ? std::min<std::uint64_t>(visible, kTopK) : visible);
  }
  return seen;
}

void bench_attend(benchmark::State& state, std::uint32_t ratio, std::uint64_t position,
                  std::uint32_t rows, int threads, Isa isa) {
  AttentionCase at(ratio, position, rows, threads, isa);
  for (auto _ : state) at.attend_once();
  const double products = 2.0 * kHeads * kFormat.head_width * rows_seen(ratio, position, rows);
  state.counters["of_peak"] = benchmark::Counter(products / (32e9 * gigahertz() * threads),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void bench_select(benchmark::State& state, std::uint64_t visible, std::uint32_t rows, int threads,
                  Isa isa) {
  AttentionCase at(4, visible * 4 - rows, rows, threads, isa);
  for (auto _ : state) at.select_once();
  const double products = static_cast<double>(visible) * rows * kHeads * kFormat.index_width;
  state.counters["of_peak"] = benchmark::Counter(products / (128e9 * gigahertz() * threads),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void add(const std::string& name, auto run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond)->UseRealTime();
}

void register_all() {
  for (const Isa isa : runnable_isas()) {
    if (isa == Isa::portable) continue;
    const std::string on(name_of(isa));
    for (const int threads : {1, 2}) {
      const std::string name = on + "/threads_" + std::to_string(threads);
      add("attend/decode_512_chosen/" + name,
          [=](benchmark::State& state) { bench_attend(state, 4, 100000, 1, threads, isa); });
      add("attend/decode_8192_of_128/" + name, [=](benchmark::State& state) {
        bench_attend(state, 128, 8192 * 128 - 1, 1, threads, isa);
      });
      add("attend/prefill_512_window_only/" + name,
          [=](benchmark::State& state) { bench_attend(state, 0, 0, 512, threads, isa); });
      add("attend/prefill_512_at_65536_chosen/" + name,
          [=](benchmark::State& state) { bench_attend(state, 4, 65536, 512, threads, isa); });
      add("attend/prefill_512_at_65536_of_128/" + name,
          [=](benchmark::State& state) { bench_attend(state, 128, 65536, 512, threads, isa); });
      add("select/decode_of_32768/" + name,
          [=](benchmark::State& state) { bench_select(state, 32768, 1, threads, isa); });
      add("select/decode_of_262144/" + name,
          [=](benchmark::State& state) { bench_select(state, 262144, 1, threads, isa); });
      add("select/prefill_512_of_1024/" + name,
          [=](benchmark::State& state) { bench_select(state, 1024, 512, threads, isa); });
      add("select/prefill_64_of_32768/" + name,
          [=](benchmark::State& state) { bench_select(state, 32768, 64, threads, isa); });
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  return ds4::run_benchmarks(argc, argv);
}
