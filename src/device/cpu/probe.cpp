#include "device/cpu/probe.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

#include "base/cpu_topology.h"
#include "device/cpu/placement.h"
#include "device/cpu/team.h"

namespace ds4::device {
namespace {

struct Loops {
  float (*f32)(std::uint64_t rounds);
  float (*int8)(std::uint64_t rounds);
  std::uint64_t f32_round, int8_round;  // products in one round
};

}  // namespace
}  // namespace ds4::device

#define DS4_BODY "device/cpu/probe.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {

namespace {

// Work a second of the fastest of several runs of body(task), one task for each thread.
template <class Body>
double best_rate(const ProbeOptions& options, double work, const Body& body) {
  const int threads = threads_of(options.cpu);
  Team team(threads, place_workers(cpu_topology(), options.cpu.cpus, threads));
  double best = 0;
  for (int run = 0; run < options.runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    team.run(static_cast<std::uint32_t>(threads), [&](std::uint32_t task, int) { body(task); });
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    best = std::max(best, work / taken.count());
  }
  return best;
}

// What the loops give goes here, so that they have to be run.
std::atomic<std::uint64_t> sink{0};

}  // namespace

double probe_read_bytes(const ProbeOptions& options) {
  const auto threads = static_cast<std::size_t>(threads_of(options.cpu));
  std::vector<std::byte> buffer(options.buffer_bytes, std::byte{1});
  const std::size_t part = options.buffer_bytes / threads / 4096 * 4096;
  return best_rate(options, static_cast<double>(part * threads), [&](std::uint32_t task) {
    sink += DS4_ON_ISA(options.cpu.isa, read_loop)(buffer.data() + task * part, part);
  });
}

double probe_int8_products(const ProbeOptions& options) {
  const Loops loops = DS4_ON_ISA(options.cpu.isa, make_loops)();
  constexpr std::uint64_t kRounds = 2000000;
  const double work = static_cast<double>(kRounds * loops.int8_round) * threads_of(options.cpu);
  return best_rate(options, work, [&](std::uint32_t) {
    sink += static_cast<std::uint64_t>(loops.int8(kRounds) != 0.5f);
  });
}

double probe_f32_products(const ProbeOptions& options) {
  const Loops loops = DS4_ON_ISA(options.cpu.isa, make_loops)();
  constexpr std::uint64_t kRounds = 2000000;
  const double work = static_cast<double>(kRounds * loops.f32_round) * threads_of(options.cpu);
  return best_rate(options, work, [&](std::uint32_t) {
    sink += static_cast<std::uint64_t>(loops.f32(kRounds) != 0.5f);
  });
}

}  // namespace ds4::device
