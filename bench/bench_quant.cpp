// How fast each number format is written and read, on one core. items/s are weights a second.
//
// What bounds them. IQ2_XXS: about 50 searches of some 18 neighbours for every 32 weights; each
// looks up eight errors a neighbour by register shuffles, of which a core starts one or two a
// cycle. Q2_K and Q4_K by importance: 37 trial fits of two passes, each a chain of additions in a
// fixed order, so two chains run interleaved. MXFP4: five trial scales. Q8_0, activations and the
// simulation roundings: plain loops whose maximum the compiler does not vectorise. Decoding: table
// look-ups (FP8, FP4, MXFP4), otherwise the stores of the result.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "bench/run_benchmarks.h"
#include "quant/activation.h"
#include "quant/codec.h"
#include "quant/iq2_xxs.h"
#include "quant/official.h"
#include "quant/q2_k.h"
#include "quant/q4_k.h"
#include "quant/simulate.h"

namespace {

using namespace ds4::quant;

constexpr std::size_t kColumns = 4096;
constexpr std::size_t kRows = 16;

struct Input {
  std::vector<float> rows;
  std::vector<float> importance;
};

// Weights and activations as networks have them: bell-shaped, columns of uneven importance.
const Input& input() {
  static const Input made = [] {
    Input to;
    std::mt19937 random(1);
    std::normal_distribution<float> weight(0.0f, 0.02f);
    std::lognormal_distribution<float> importance(0.0f, 1.0f);
    for (std::size_t i = 0; i < kRows * kColumns; ++i) to.rows.push_back(weight(random));
    for (std::size_t i = 0; i < kColumns; ++i) to.importance.push_back(importance(random));
    return to;
  }();
  return made;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows * kColumns));
}

void encode(benchmark::State& state, Type type, bool weighted) {
  const float* importance = weighted ? input().importance.data() : nullptr;
  std::vector<std::byte> out(row_bytes(type, kColumns));
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      encode_row(type, &input().rows[row * kColumns], out.data(), kColumns, importance);
      benchmark::DoNotOptimize(out.data());
    }
  }
  count(state);
}

using EncodeAt = void (*)(const float*, std::size_t, const float*, std::byte*, Target);

void encode_at(benchmark::State& state, EncodeAt run, Target target) {
  std::vector<std::byte> out(row_bytes(Type::f32, kColumns));
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      run(&input().rows[row * kColumns], kColumns, input().importance.data(), out.data(), target);
      benchmark::DoNotOptimize(out.data());
    }
  }
  count(state);
}

void decode(benchmark::State& state, Type type) {
  const std::size_t stride = row_bytes(type, kColumns);
  std::vector<std::byte> blocks(stride * kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    encode_row(type, &input().rows[row * kColumns], &blocks[row * stride], kColumns,
               input().importance.data());
  }
  std::vector<float> out(kColumns);
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      decode_row(type, &blocks[row * stride], out.data(), kColumns);
      benchmark::DoNotOptimize(out.data());
    }
  }
  count(state);
}

void activations_q8_k(benchmark::State& state) {
  std::vector<BlockQ8K> out(kColumns / 256);
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      quantize_q8_k(&input().rows[row * kColumns], kColumns, out.data());
      benchmark::DoNotOptimize(out.data());
    }
  }
  count(state);
}

void activations_q8_groups(benchmark::State& state) {
  std::vector<std::int8_t> codes(kColumns);
  std::vector<float> scales(kColumns / 32);
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      quantize_q8_groups(&input().rows[row * kColumns], kColumns, codes.data(), scales.data());
      benchmark::DoNotOptimize(codes.data());
    }
  }
  count(state);
}

void official(benchmark::State& state, int which) {
  std::vector<std::byte> codes(kRows * kColumns);
  std::mt19937 random(2);
  for (std::byte& code : codes) code = static_cast<std::byte>(random());
  const std::vector<std::byte> scales(kColumns / 32, std::byte{120});
  std::vector<float> out(kColumns);
  std::vector<std::byte> blocks(row_bytes(Type::mxfp4, kColumns));
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::byte* from = &codes[row * kColumns];
      if (which == 8) decode_fp8_row(from, TileScale::e8m0, scales.data(), kColumns, out.data());
      if (which == 4) decode_fp4_row(from, scales.data(), kColumns, out.data());
      if (which == 0) repack_fp4_row(from, scales.data(), kColumns, blocks.data());
      benchmark::DoNotOptimize(out.data());
      benchmark::DoNotOptimize(blocks.data());
    }
  }
  count(state);
}

void simulate(benchmark::State& state, int which) {
  std::vector<float> work(kColumns);
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      work.assign(&input().rows[row * kColumns], &input().rows[row * kColumns] + kColumns);
      if (which == 8) fp8sim64(work.data(), kColumns);
      if (which == 4) fp4sim32(work.data(), kColumns);
      if (which == 0) {
        for (std::size_t at = 0; at < kColumns; at += 128) hadamard(&work[at], 128);
      }
      benchmark::DoNotOptimize(work.data());
    }
  }
  count(state);
}

const char* target_name(Target target) {
  switch (target) {
    case Target::portable:
      return "portable";
    case Target::avx2:
      return "avx2";
    case Target::avx512:
      return "avx512";
  }
  return "";
}

void register_all() {
  constexpr Type kTypes[] = {Type::f32,  Type::f16,  Type::bf16,    Type::q8_0,
                             Type::q2_k, Type::q4_k, Type::iq2_xxs, Type::mxfp4};
  for (const Type type : kTypes) {
    const std::string name(info(type).name);
    const bool searched = info(type).block_elements == 256 || type == Type::mxfp4;
    if (!needs_importance(type)) {
      benchmark::RegisterBenchmark(("encode/" + name).c_str(), encode, type, false);
    }
    if (searched) {
      benchmark::RegisterBenchmark(("encode/" + name + "/importance").c_str(), encode, type, true);
    }
    benchmark::RegisterBenchmark(("decode/" + name).c_str(), decode, type);
  }
  constexpr std::pair<const char*, EncodeAt> kSearches[] = {
      {"Q2_K", encode_q2_k}, {"Q4_K", encode_q4_k}, {"IQ2_XXS", encode_iq2_xxs}};
  for (const auto& [name, run] : kSearches) {
    for (const Target target : runnable_targets()) {
      benchmark::RegisterBenchmark(
          (std::string("encode/") + name + "/importance/" + target_name(target)).c_str(), encode_at,
          run, target);
    }
  }
  benchmark::RegisterBenchmark("activations/Q8_K", activations_q8_k);
  benchmark::RegisterBenchmark("activations/groups_of_32", activations_q8_groups);
  benchmark::RegisterBenchmark("official/FP8", official, 8);
  benchmark::RegisterBenchmark("official/FP4", official, 4);
  benchmark::RegisterBenchmark("official/FP4_to_MXFP4", official, 0);
  benchmark::RegisterBenchmark("simulate/fp8sim64", simulate, 8);
  benchmark::RegisterBenchmark("simulate/fp4sim32", simulate, 4);
  benchmark::RegisterBenchmark("simulate/hadamard128", simulate, 0);
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  return ds4::run_benchmarks(argc, argv);
}
