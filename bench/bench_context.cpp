// How a session grows: a small model of random weights goes past a million tokens by prefill, and
// says at some lengths what the session's state takes and how fast tokens pass and are decoded.
//
// What bounds it. Prefill: the model's products, the same for every token, and from top_k * 4
// tokens on the indexer, whose scan of all its rows grows with the length. Decoding: the products'
// weights and the same scan. Memory grows by the compressed rows alone.
//
//   bench_context [TOKENS [THREADS]]
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/human.h"
#include "base/parallel.h"
#include "convert/synth.h"
#include "device/cpu/cpu_device.h"
#include "model/forward.h"
#include "model/memory_plan.h"
#include "model/model_file.h"

namespace {

using namespace ds4;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kDecoded = 32;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class TemporaryModel {
 public:
  TemporaryModel()
      : path_((std::filesystem::temp_directory_path() /
               ("ds4_bench_context_" + std::to_string(::getpid()) + ".gguf"))
                  .string()) {}
  ~TemporaryModel() { std::filesystem::remove(path_); }

  Result<model::ModelFile> make() const {
    TRY(model::Shape shape, convert::synthetic_shape("tiny", 0));
    shape.context_tokens *= 2;
    TRY(const auto plan, convert::Synthesis::plan(shape, {}));
    TRY_DO(plan.run(path_, {}));
    return model::ModelFile::open(path_);
  }

 private:
  std::string path_;
};

Result<void> measure(std::uint64_t end, int threads) {
  const TemporaryModel temporary;
  TRY(const model::ModelFile file, temporary.make());
  device::CpuDevice device({.threads = threads});
  model::Forward forward(device, file.shape(), file.weights(), {});
  model::SessionState state(forward.layout());
  std::printf("%s; tiny shape, q2; one session\n", device.description().c_str());

  std::mt19937 random(1);
  std::vector<std::int32_t> tokens(forward.rows_max());
  const auto feed = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      tokens[i] = static_cast<std::int32_t>(random() % file.shape().vocabulary);
    }
    const model::Chunk chunk{&state, std::span(tokens).first(count)};
    state.reserve(state.tokens() + count);
    forward.evaluate({&chunk, 1});
  };

  for (std::uint64_t length : {std::uint64_t{0}, std::uint64_t{131072}, end}) {
    if (length > end) continue;
    const std::uint64_t before = state.tokens();
    const auto start = Clock::now();
    double last_rate = 0;
    while (state.tokens() < length) {
      const auto chunk_start = Clock::now();
      const std::uint64_t count = std::min(length - state.tokens(), std::uint64_t{tokens.size()});
      feed(count);
      last_rate = static_cast<double>(count) / seconds_since(chunk_start);
    }
    const double prefill_seconds = seconds_since(start);

    const auto decode_start = Clock::now();
    for (std::uint64_t i = 0; i < kDecoded; ++i) {
      feed(1);
      const std::uint32_t row = 0;
      forward.logits({&row, 1});
    }
    const double decode_rate = kDecoded / seconds_since(decode_start);

    const std::uint64_t planned = model::session_state_bytes(file.shape(), state.tokens()).total();
    const auto saving = Clock::now();
    const std::size_t saved = state.serialize().size();
    std::printf("%s tokens: state %s (planned %s), saved %s in %s; decode %.0f tokens/s",
                human_count(length).c_str(), human_bytes(state.bytes()).c_str(),
                human_bytes(planned).c_str(), human_bytes(saved).c_str(),
                human_duration(seconds_since(saving)).c_str(), decode_rate);
    if (length > before) {
      std::printf("; prefill of %s tokens in %s, %.0f tokens/s, at the end %.0f",
                  human_count(length - before).c_str(), human_duration(prefill_seconds).c_str(),
                  static_cast<double>(length - before) / prefill_seconds, last_rate);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  // A round million and a little, so that it ends inside of windows.
  const std::uint64_t tokens = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1048576 + 77;
  const int threads = argc > 2 ? std::atoi(argv[2]) : ds4::processor_count();
  const auto done = measure(tokens, threads);
  if (!done.ok()) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return done.ok() ? 0 : 1;
}
