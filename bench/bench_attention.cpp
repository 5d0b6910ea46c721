// How fast attention and the indexer are at the dimensions of Flash, on one thread unless the name
// says otherwise.
//
// What bounds them: attention does 2 * heads * rows * width fused multiplications, of which a core
// with AVX-512 starts 32 a cycle; `of_peak` is the share of that at the clock in DS4_BENCH_GHZ
// (2.5 if it is not set). The indexer does heads * rows * width products of bytes, 128 a cycle.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "bench/run_benchmarks.h"
#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"

namespace {

using namespace ds4::device;

constexpr std::uint32_t kHeads = 64, kWindow = 128, kTopK = 512;
constexpr RowFormat kFormat{512, 64, 128};

std::vector<float> random_floats(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> list(count);
  for (float& x : list) x = normal(random);
  return list;
}

// A session with `position` tokens behind it and a chunk of `rows` tokens at hand.
class Case {
 public:
  Case(std::uint32_t ratio, std::uint64_t position, std::uint32_t rows, int threads, Isa isa)
      : team_(threads), scratch_(threads), at_{isa, team_, scratch_}, ratio_(ratio) {
    segment_ = {0, rows, position};
    batch_.rows = rows;
    batch_.segments = {&segment_, 1};
    for (std::uint32_t i = 0; i < rows; ++i) positions_.push_back(position + i);
    batch_.positions = positions_.data();

    const auto key = random_floats(kFormat.head_width);
    std::vector<std::byte> bytes(kFormat.key_bytes());
    encode_key(kFormat, key.data(), bytes.data());
    for (std::uint32_t i = 0; i < kWindow + 16; ++i) {
      ring_.insert(ring_.end(), bytes.begin(), bytes.end());
    }
    for (std::uint32_t i = 0; i < rows; ++i) keys_.insert(keys_.end(), bytes.begin(), bytes.end());
    const std::size_t compressed = ratio == 0 ? 0 : (position + rows) / ratio;
    std::mt19937 random(2);
    pages_bytes_.resize((compressed + kPageRows) * kFormat.key_bytes());
    index_bytes_.resize((compressed + kPageRows) * kFormat.index_bytes());
    for (std::size_t row = 0; row < compressed; ++row) {
      std::copy(bytes.begin(), bytes.end(), &pages_bytes_[row * kFormat.key_bytes()]);
      std::byte* index = &index_bytes_[row * kFormat.index_bytes()];
      for (std::uint32_t i = 0; i < 64; ++i) index[i] = static_cast<std::byte>(random());
      for (std::uint32_t i = 64; i < 68; ++i) index[i] = std::byte{125};
    }
    for (std::size_t row = 0; row <= compressed; row += kPageRows) {
      pages_.push_back(&pages_bytes_[row * kFormat.key_bytes()]);
      index_pages_.push_back(&index_bytes_[row * kFormat.index_bytes()]);
    }
    for (std::size_t i = 0; i < std::size_t{rows} * kTopK; ++i) {
      const std::size_t step = std::max<std::size_t>(compressed / kTopK, 1);
      chosen_.push_back(static_cast<std::uint32_t>(i % kTopK * step));
    }
    rows_ = {ring_.data(), kWindow + 16, pages_.data(), index_pages_.data(), nullptr, nullptr, 0};
    queries_ = random_floats(std::size_t{rows} * kHeads * kFormat.head_width);
    out_.resize(queries_.size());
    index_queries_ = random_floats(std::size_t{rows} * kHeads * kFormat.index_width);
    head_weights_ = random_floats(std::size_t{rows} * kHeads);
    for (std::uint32_t i = 0; i < 32; ++i) frequencies_.push_back(1.0f / static_cast<float>(i + 1));
    Capacity capacity;
    capacity.rows = rows;
    capacity.heads = capacity.index_heads = kHeads;
    capacity.top_k = kTopK;
    capacity.format = kFormat;
    for (const auto needs : {compress_needs, select_needs, attend_needs}) {
      scratch_.reserve_worker(needs(capacity).worker_bytes);
      scratch_.reserve_shared(needs(capacity).shared_bytes);
    }
  }

  void attend_once() {
    attend(at_, batch_,
           {queries_.data(),
            keys_.data(),
            kHeads,
            kWindow,
            ratio_,
            kTopK,
            chosen_.data(),
            &sinks_,
            {frequencies_.data(), 32},
            kFormat,
            {&rows_, 1},
            out_.data()});
  }
  // The queries are overwritten; what is left of them is as good for measuring.
  void select_once() {
    work_ = index_queries_;
    select(at_, batch_,
           {work_.data(),
            head_weights_.data(),
            kHeads,
            kTopK,
            {frequencies_.data(), 32},
            kFormat,
            {&rows_, 1},
            chosen_.data()});
  }

 private:
  Team team_;
  Scratch scratch_;
  Workplace at_;
  std::uint32_t ratio_;
  Segment segment_;
  Batch batch_;
  std::vector<std::uint64_t> positions_;
  std::vector<std::byte> ring_, keys_, pages_bytes_, index_bytes_;
  std::vector<std::byte*> pages_, index_pages_;
  std::vector<std::uint32_t> chosen_;
  LayerRows rows_;
  std::vector<float> queries_, out_, index_queries_, work_, head_weights_, frequencies_;
  std::vector<float> sink_values_ = std::vector<float>(kHeads);
  ds4::device::Weight sinks_{reinterpret_cast<const std::byte*>(sink_values_.data()),
                             ds4::quant::Type::f32,
                             kHeads,
                             1,
                             1,
                             kHeads * sizeof(float)};
};

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
  Case at(ratio, position, rows, threads, isa);
  for (auto _ : state) at.attend_once();
  const double products = 2.0 * kHeads * kFormat.head_width * rows_seen(ratio, position, rows);
  state.counters["of_peak"] = benchmark::Counter(products / (32e9 * gigahertz() * threads),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void bench_select(benchmark::State& state, std::uint64_t visible, std::uint32_t rows, int threads,
                  Isa isa) {
  Case at(4, visible * 4 - rows, rows, threads, isa);
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
