#include "bench/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/atomic_file.h"
#include "bench/report.h"
#include "shared/console.h"
#include "shared/input.h"

namespace ds4::bench {

namespace {

// More than this share of the machine in other hands makes figures worthless.
constexpr double kBusy = 0.10;

Result<std::vector<std::int32_t>> read_tokens(const std::string& path) {
  TRY(const std::string text, read_input(path));
  std::vector<std::int32_t> tokens;
  const char* at = text.data();
  const char* end = at + text.size();
  for (;;) {
    while (at != end && (*at == ' ' || *at == ',' || *at == '\n' || *at == '\r')) ++at;
    if (at == end) break;
    std::int32_t token = 0;
    const auto [next, error] = std::from_chars(at, end, token);
    if (error != std::errc()) {
      return fail(Code::bad_file, path, ": not a list of token ids at byte ", at - text.data());
    }
    tokens.push_back(token);
    at = next;
  }
  if (tokens.empty()) return fail(Code::bad_file, path, ": no token ids in it");
  return tokens;
}

class Report {
 public:
  Report(const MeasureOptions& options, Context context)
      : options_(options), context_(std::move(context)), csv_(csv_head()) {
    if (!options_.json) print(describe(context_) + table_head());
  }

  void add(const Runner& runner, const Figure& figure) {
    csv_ += csv_line(context_, figure);
    if (options_.json) {
      print(to_text(json_line(context_, figure)) + "\n");
      return;
    }
    print(table_line(figure));
    if (options_.runner.stages) print(stage_table(runner, context_.machine));
  }

  Result<void> save() const {
    if (options_.csv.empty()) return {};
    TRY(AtomicFile file, AtomicFile::create(options_.csv));
    TRY_DO(file.write(csv_));
    return file.commit();
  }

 private:
  const MeasureOptions& options_;
  Context context_;
  std::string csv_;
};

std::vector<std::uint64_t> contexts(const MeasureOptions& options) {
  std::vector<std::uint64_t> out = {options.context_start};
  for (;;) {
    const std::uint64_t last = out.back();
    const auto scaled = static_cast<std::uint64_t>(static_cast<double>(last) * options.factor);
    const std::uint64_t next =
        options.step > 0 ? last + options.step : std::max(scaled, last + 512);
    if (next > options.context_max) return out;
    out.push_back(next);
  }
}

void measure_at(Runner& runner, std::uint64_t context, const MeasureOptions& options,
                Report& report) {
  const auto add = [&](const Figure& figure) { report.add(runner, figure); };
  if (options.decode_tokens > 0) add(runner.decode(options.decode_tokens));
  if (context == 0) {
    for (const std::uint32_t tokens : options.prefill) add(runner.append(tokens, "prefill"));
  } else if (options.append > 0) {
    add(runner.append(options.append, "append"));
  }
  for (const std::uint32_t sessions : options.sessions) {
    add(runner.decode_together(sessions, std::max(1u, options.decode_tokens / 2)));
  }
  for (const std::uint32_t rows : options.verify) add(runner.verify(rows));
  if (context > 0) add(runner.restore());
}

Result<void> carry_out(MeasureOptions options) {
  TRY(options.runner.cpu, device::read_cpu_options(options.isa, options.threads, options.cpus));
  if (!options.forced_tokens.empty()) {
    TRY(options.runner.forced_tokens, read_tokens(options.forced_tokens));
  }
  const double others = measure_others();
  if (others > kBusy && !options.may_be_busy) {
    return fail(Code::bad_argument, "others use ", static_cast<int>(others * 100),
                " % of this machine; wait until it is quiet, or give --busy-ok to measure anyway");
  }
  Context context{.machine = measure_machine(options.runner.cpu), .is_busy = others > kBusy};
  if (options.machine_only) {
    print(describe(context));
    return {};
  }
  TRY(const std::unique_ptr<Runner> runner, Runner::open(options.runner, context.machine));
  context.model = runner->model_name();
  Report report(options, context);
  for (const std::uint64_t length : contexts(options)) {
    TRY_DO(runner->go_to(length));
    measure_at(*runner, length, options, report);
  }
  return report.save();
}

}  // namespace

int measure(const MeasureOptions& options) {
  const auto done = carry_out(options);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::bench
