// How long choosing one token of a vocabulary of 129,280 takes, on one core, in microseconds.
//
// What bounds it. Greedy: one pass over the logits, half a megabyte from the second-level cache. A
// draw: a pass that measures distances, one that gathers the tokens within reach, one that takes
// exponentials, one that sums. top_p and typical: three more passes over what is left, each adding
// weights to the sums of a digit.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "bench/run_benchmarks.h"
#include "engine/sampler.h"

namespace {

using namespace ds4;

constexpr std::size_t kTokens = 129280;

// Shaped as those of language models: a broad bell, and above it a few that fit.
std::vector<float> language_logits(std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> bell(0, 2.5f);
  std::vector<float> logits(kTokens);
  for (float& x : logits) x = bell(random);
  for (int i = 0; i < 200; ++i) {
    logits[random() % kTokens] = 20 - 0.06f * static_cast<float>(i) + 0.5f * bell(random);
  }
  return logits;
}

// The case hardest for the filters: every token is about as likely as any other.
std::vector<float> level_logits(std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> bell(0, 0.1f);
  std::vector<float> logits(kTokens);
  for (float& x : logits) x = bell(random);
  return logits;
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void choose(benchmark::State& state, const SamplingOptions& options, bool is_level,
            bool is_masked) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::vector<float>> rows;
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    rows.push_back(is_level ? level_logits(seed) : language_logits(seed));
  }
  std::vector<std::uint64_t> mask;
  if (is_masked) {
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < (kTokens + 63) / 64; ++i) mask.push_back(random());
  }
  engine::Sampler sampler(options, 1, kTokens);
  std::vector<double> took;
  std::size_t round = 0;
  for (auto _ : state) {
    const auto start = Clock::now();
    auto choice = sampler.choose(rows[round++ % rows.size()], {}, mask);
    benchmark::DoNotOptimize(choice);
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    sampler.accept(choice.token);
  }
  state.counters["p50_us"] = quantile(took, 0.5);
  state.counters["p90_us"] = quantile(took, 0.9);
}

void add(const std::string& name, const SamplingOptions& options, bool is_masked = false) {
  for (const bool is_level : {false, true}) {
    benchmark::RegisterBenchmark((name + (is_level ? "/level" : "/language")).c_str(), choose,
                                 options, is_level, is_masked)
        ->Unit(benchmark::kMicrosecond);
  }
}

void register_all() {
  add("greedy", {.temperature = 0});
  add("greedy, mask", {.temperature = 0}, true);
  add("greedy, penalties",
      {.temperature = 0, .repetition_penalty = 1.1f, .presence_penalty = 0.5f});
  add("temperature", {});
  add("top_k 40", {.top_k = 40});
  add("top_p 0.95", {.top_p = 0.95f});
  add("min_p 0.05", {.min_p = 0.05f});
  add("typical 0.9", {.typical = 0.9f});
  add("top_k 40, top_p 0.95, min_p 0.05", {.top_k = 40, .top_p = 0.95f, .min_p = 0.05f});
  add("greedy, 20 logprobs", {.temperature = 0, .logprobs = 20});
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  return ds4::run_benchmarks(argc, argv);
}
