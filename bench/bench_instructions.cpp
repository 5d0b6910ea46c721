// How many instructions each kernel takes: a figure without noise, for 256 multiplications, a block
// of most formats. A child runs the kernel under ptrace, one instruction at a time.
//
//   bench_instructions                       all kernels, all instruction sets of this processor
//   bench_instructions --only TEXT           those whose name has TEXT
//   bench_instructions --run NAME ISA TIMES  only runs it, for a tool that counts by other means:
//                                            what 2 TIMES take more than 1
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "bench/attention_case.h"
#include "bench/product_case.h"
#include "device/cpu/isa.h"
#include "quant/type.h"

namespace {

using namespace ds4;
using namespace ds4::bench;
using Run = std::function<void()>;

struct Kernel {
  std::string name;
  double multiplications;  // of one run
  std::function<Run(Isa)> prepare;
};

std::vector<Kernel> kernels() {
  std::vector<Kernel> list;
  for (const Size& size : kSizes) {
    for (const std::uint32_t inputs : {1u, 4u, 16u}) {
      list.push_back({fmt::format("{} x {}", quant::info(size.type).name, inputs),
                      double{kTaskRows} * size.columns * inputs, [=](Isa isa) -> Run {
                        const auto product = std::make_shared<ProductCase>(size, inputs, isa);
                        const auto weight = std::make_shared<std::vector<std::byte>>(
                            random_weight(product->weight_bytes()));
                        return [=] { product->multiply(weight->data()); };
                      }});
    }
  }
  // One token and its window.
  list.push_back({"attention x 1", 2.0 * kHeads * kFormat.head_width * kWindow, [](Isa isa) -> Run {
                    const auto at = std::make_shared<AttentionCase>(0, 4096, 1, 1, isa);
                    return [=] { at->attend_once(); };
                  }});
  // What finds the 512 best of the compressed rows.
  constexpr std::uint32_t kVisible = 1024;
  for (const std::uint32_t rows : {1u, 4u}) {
    list.push_back({fmt::format("index x {}", rows),
                    double{kVisible} * rows * kHeads * kFormat.index_width, [=](Isa isa) -> Run {
                      const auto at =
                          std::make_shared<AttentionCase>(4, 4 * kVisible, rows, 1, isa);
                      return [=] { at->select_once(); };
                    }});
  }
  return list;
}

// Instructions between the two stops of a child that makes ready, stops, runs, and stops.
std::uint64_t steps_of(const std::function<Run()>& prepare) {
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    const Run run = prepare();
    run();  // what is made on first use is made here
    CHECK(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
    ::raise(SIGSTOP);
    run();
    ::raise(SIGSTOP);
    std::_Exit(0);
  }
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child && WIFSTOPPED(status));
  std::uint64_t steps = 0;
  for (;; ++steps) {
    CHECK(::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0);
    CHECK(::waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    if (WSTOPSIG(status) != SIGTRAP) break;
  }
  CHECK(WSTOPSIG(status) == SIGSTOP);
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return steps;
}

// The portable kernels are there to define the bits, and take ten times as many.
std::vector<Isa> counted_isas() {
  std::vector<Isa> list(runnable_isas().begin(), runnable_isas().end());
  std::erase(list, Isa::portable);
  return list;
}

void count_all(std::string_view only) {
  const std::uint64_t nothing = steps_of([] { return Run([] {}); });
  std::cout << fmt::format("{:<16}", "");
  for (const Isa isa : counted_isas()) std::cout << fmt::format("{:>10}", name_of(isa));
  std::cout << "\n";
  for (const Kernel& kernel : kernels()) {
    if (kernel.name.find(only) == std::string::npos) continue;
    std::cout << fmt::format("{:<16}", kernel.name);
    for (const Isa isa : counted_isas()) {
      const std::uint64_t steps = steps_of([&] { return kernel.prepare(isa); }) - nothing;
      std::cout << fmt::format("{:>10.2f}",
                               static_cast<double>(steps) / (kernel.multiplications / 256))
                << std::flush;
    }
    std::cout << "\n";
  }
}

int run_only(std::string_view name, std::string_view isa_name, int times) {
  for (const Kernel& kernel : kernels()) {
    for (const Isa isa : runnable_isas()) {
      if (kernel.name != name || name_of(isa) != isa_name) continue;
      const Run run = kernel.prepare(isa);
      for (int i = 0; i < times; ++i) run();
      std::cout << fmt::format("{:.0f}\n", kernel.multiplications);
      return 0;
    }
  }
  std::cerr << "No such kernel, or not on this processor. The kernels:";
  for (const Kernel& kernel : kernels()) std::cerr << " '" << kernel.name << "'";
  std::cerr << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() == 4 && arguments[0] == "--run") {
    return run_only(arguments[1], arguments[2], std::atoi(argv[4]));
  }
  if (arguments.size() == 2 && arguments[0] == "--only") {
    count_all(arguments[1]);
    return 0;
  }
  if (!arguments.empty()) {
    std::cerr << "Usage: bench_instructions [--only TEXT | --run NAME ISA TIMES]\n";
    return 2;
  }
  count_all("");
}
