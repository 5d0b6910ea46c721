#include "bench/runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "quant/type.h"

namespace ds4::bench {

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool is_float(quant::Type type) {
  return type == quant::Type::f32 || type == quant::Type::f16 || type == quant::Type::bf16;
}

}  // namespace

Runner::Runner(const RunnerOptions& options, const Machine& machine, model::ModelFile file)
    : options_(options),
      machine_(machine),
      file_(std::move(file)),
      cpu_(options.cpu),
      timing_(cpu_),
      forward_(options.stages ? static_cast<device::Device&>(timing_) : cpu_, file_.shape(),
               file_.weights(), {}),
      session_(forward_.layout()) {}

Result<std::unique_ptr<Runner>> Runner::open(const RunnerOptions& options, const Machine& machine) {
  TRY(model::ModelFile file, model::ModelFile::open(options.model));
  for (const std::int32_t token : options.forced_tokens) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= file.shape().vocabulary) {
      return fail(Code::bad_argument, "there is no token ", token, ", only 0 to ",
                  file.shape().vocabulary - 1);
    }
  }
  return std::unique_ptr<Runner>(new Runner(options, machine, std::move(file)));
}

std::string Runner::model_name() const {
  return std::string(model::identify(file_.shape()).name) + ", " +
         std::to_string(file_.shape().layers) + " layers";
}

// Spread over the vocabulary without a pattern, the same in every run.
std::int32_t Runner::token(std::uint64_t position) const {
  if (!options_.forced_tokens.empty()) {
    return options_.forced_tokens[position % options_.forced_tokens.size()];
  }
  std::uint64_t z = (position + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<std::int32_t>((z ^ (z >> 31)) % file_.shape().vocabulary);
}

std::vector<std::int32_t> Runner::tokens(std::uint64_t begin, std::uint64_t count) const {
  std::vector<std::int32_t> out(count);
  for (std::uint64_t i = 0; i < count; ++i) out[i] = token(begin + i);
  return out;
}

Result<void> Runner::go_to(std::uint64_t context) {
  if (context + 4096 > file_.shape().context_tokens) {
    return fail(Code::bad_argument, "a context of ", context, " tokens leaves no room in the ",
                file_.shape().context_tokens, " of this model");
  }
  if (session_.tokens() > context) session_ = model::SessionState(forward_.layout());
  while (session_.tokens() < context) {
    const std::uint64_t count =
        std::min<std::uint64_t>(forward_.rows_max(), context - session_.tokens());
    const auto chunk = tokens(session_.tokens(), count);
    const model::Chunk chunks[] = {{&session_, chunk}};
    forward_.evaluate(chunks);
  }
  return {};
}

template <class Work>
Figure Runner::measure(Figure figure, Work&& work) {
  figure.context = session_.tokens();
  std::vector<double> seconds;
  for (int run = 0; run < options_.runs; ++run) {
    timing_.reset();
    seconds.push_back(work());
  }
  std::sort(seconds.begin(), seconds.end());
  figure.seconds = seconds[seconds.size() / 2];
  figure.best_seconds = seconds.front();
  figure.worst_seconds = seconds.back();
  stages_.clear();
  for (std::size_t i = 0; options_.stages && i < device::kStages; ++i) {
    stages_.emplace_back(static_cast<device::Stage>(i), timing_.figures()[i]);
  }
  return figure;
}

double Runner::read_limit(double experts_read) const {
  double bytes = 0;
  for (const model::WeightBytes& w : file_.weight_bytes()) {
    if (w.drafter) continue;
    const auto size = static_cast<double>(w.bytes);
    switch (w.role) {
      case model::Role::embedding:
      case model::Role::token_table:
        break;
      case model::Role::routed:
        bytes += size * std::min(1.0, experts_read / static_cast<double>(w.count));
        break;
      case model::Role::indexer:
        if (session_.tokens() / model::kIndexedRatio > file_.shape().index_top_k) bytes += size;
        break;
      default:
        bytes += size;
    }
  }
  return bytes / machine_.read_bytes;
}

double Runner::product_limit(double rows, double logit_rows) const {
  double seconds = 0;
  for (const auto& [spec, tensor] : file_.bound_tensors()) {
    if (spec->storage != model::Storage::matrix || spec->role == model::Role::embedding ||
        spec->layer >= static_cast<int>(file_.shape().layers)) {
      continue;
    }
    double products = static_cast<double>(spec->elements());
    products *= spec->role == model::Role::head ? logit_rows : rows;
    if (spec->role == model::Role::routed) {
      products *= static_cast<double>(file_.shape().experts_used) / file_.shape().experts;
    }
    const bool plain = is_float(tensor->type);
    seconds += products / (plain ? machine_.f32_products : machine_.int8_products);
  }
  return seconds;
}

Figure Runner::decode(std::uint32_t count) {
  const std::uint32_t last[] = {0};
  Figure figure{.what = "decode", .count = count, .tokens = static_cast<double>(count)};
  figure.limit_seconds = count * read_limit(static_cast<double>(file_.shape().experts_used));
  return measure(figure, [&] {
    model::SessionState session = session_.fork();
    const auto next = tokens(session.tokens(), count);
    const auto begin = std::chrono::steady_clock::now();
    for (const std::int32_t& one : next) {
      const model::Chunk chunks[] = {{&session, {&one, 1}}};
      forward_.evaluate(chunks);
      forward_.logits(last);
    }
    return seconds_since(begin);
  });
}

Figure Runner::append(std::uint32_t count, const char* what) {
  Figure figure{.what = what, .count = count, .tokens = static_cast<double>(count)};
  figure.limit_seconds = std::max(product_limit(count, 1), read_limit(1e9));
  return measure(figure, [&] {
    model::SessionState session = session_.fork();
    const auto next = tokens(session.tokens(), count);
    const auto begin = std::chrono::steady_clock::now();
    std::uint32_t rows = 0;
    for (std::uint32_t done = 0; done < count; done += rows) {
      rows = std::min(forward_.rows_max(), count - done);
      const model::Chunk chunks[] = {{&session, std::span(next).subspan(done, rows)}};
      forward_.evaluate(chunks);
    }
    const std::uint32_t last[] = {rows - 1};
    forward_.logits(last);
    return seconds_since(begin);
  });
}

Figure Runner::decode_together(std::uint32_t sessions, std::uint32_t count) {
  std::vector<std::uint32_t> rows(sessions);
  for (std::uint32_t i = 0; i < sessions; ++i) rows[i] = i;
  const double experts = file_.shape().experts;
  Figure figure{
      .what = "sessions", .count = sessions, .tokens = static_cast<double>(sessions) * count};
  // Different tokens choose different experts: how many of them, if they chose at random.
  const double missed = std::pow(1 - file_.shape().experts_used / experts, sessions);
  figure.limit_seconds =
      count * std::max(read_limit(experts * (1 - missed)), product_limit(sessions, sessions));
  return measure(figure, [&] {
    std::vector<model::SessionState> states;
    for (std::uint32_t i = 0; i < sessions; ++i) states.push_back(session_.fork());
    double seconds = 0;
    for (std::uint32_t step = 0; step < count; ++step) {
      std::vector<std::int32_t> next(sessions);
      std::vector<model::Chunk> chunks;
      for (std::uint32_t i = 0; i < sessions; ++i) {
        next[i] = token(states[i].tokens() + 1000 * i);
        chunks.push_back({&states[i], {&next[i], 1}});
      }
      const auto begin = std::chrono::steady_clock::now();
      forward_.evaluate(chunks);
      forward_.logits(rows);
      seconds += seconds_since(begin);
    }
    return seconds;
  });
}

Figure Runner::verify(std::uint32_t count) {
  std::vector<std::uint32_t> rows(count);
  for (std::uint32_t i = 0; i < count; ++i) rows[i] = i;
  const double experts = file_.shape().experts;
  const double missed = std::pow(1 - file_.shape().experts_used / experts, count);
  Figure figure{.what = "verify", .count = count, .tokens = static_cast<double>(count)};
  figure.limit_seconds = std::max(read_limit(experts * (1 - missed)), product_limit(count, count));
  return measure(figure, [&] {
    model::SessionState session = session_.fork();
    const auto next = tokens(session.tokens(), count);
    session.reserve(session.tokens() + count);
    const model::Chunk chunks[] = {{&session, next}};
    const auto begin = std::chrono::steady_clock::now();
    forward_.evaluate(chunks);
    forward_.logits(rows);
    return seconds_since(begin);
  });
}

Figure Runner::restore() {
  const std::vector<std::byte> bytes = session_.serialize();
  Figure figure{.what = "restore", .tokens = static_cast<double>(session_.tokens())};
  figure.limit_seconds = static_cast<double>(bytes.size()) / machine_.read_bytes;
  return measure(figure, [&] {
    const auto begin = std::chrono::steady_clock::now();
    ByteReader in(bytes);
    const auto state = model::SessionState::deserialize(forward_.layout(), in);
    return state.ok() ? seconds_since(begin) : 0.0;
  });
}

}  // namespace ds4::bench
