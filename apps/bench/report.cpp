#include "bench/report.h"

#include <fmt/format.h>

#include "base/human.h"

namespace ds4::bench {

namespace {

std::string quoted(std::string text) {
  for (char& c : text) {
    if (c == '"') c = '\'';
  }
  return '"' + text + '"';
}

}  // namespace

std::string describe(const Context& context) {
  const Machine& m = context.machine;
  std::string out = fmt::format(
      "{}, {}, {} threads: reads {:.1f} GB/s, {:.0f} G int8 and {:.0f} G f32 products a second\n",
      m.processor, device::name_of(m.isa), m.threads, m.read_bytes * 1e-9, m.int8_products * 1e-9,
      m.f32_products * 1e-9);
  if (!context.model.empty()) out += context.model + "\n";
  if (context.is_busy) out += "Others use this machine: figures are lower than it can do.\n";
  return out;
}

std::string table_head() {
  return fmt::format("{:<10} {:>9} {:>6} {:>10} {:>12} {:>21} {:>9}\n", "", "context", "count",
                     "tokens/s", "median", "best - worst", "of limit");
}

std::string table_line(const Figure& f) {
  return fmt::format("{:<10} {:>9} {:>6} {:>10.2f} {:>9.2f} ms {:>9.2f} - {:>9.2f} {:>7.0f} %\n",
                     f.what, human_count(f.context), f.count, f.rate(), f.seconds * 1e3,
                     f.best_seconds * 1e3, f.worst_seconds * 1e3, f.share() * 100);
}

std::string stage_table(const Runner& runner, const Machine& machine) {
  double all = 0;
  for (const auto& [stage, figures] : runner.stages()) all += figures.seconds;
  std::string out = fmt::format("  {:<18} {:>9} {:>7} {:>10} {:>8} {:>9}\n", "stage", "ms", "share",
                                "weights", "GB/s", "of limit");
  for (const auto& [stage, figures] : runner.stages()) {
    if (figures.calls == 0) continue;
    const double rate = static_cast<double>(figures.weight_bytes) / figures.seconds;
    out += fmt::format("  {:<18} {:>9.3f} {:>5.1f} % {:>10} {:>8.1f} {:>7.0f} %\n",
                       device::name_of(stage), figures.seconds * 1e3, figures.seconds / all * 100,
                       human_bytes(figures.weight_bytes), rate * 1e-9,
                       rate / machine.read_bytes * 100);
  }
  return out;
}

std::string csv_head() {
  return "machine,isa,threads,model,busy,what,context,count,tokens_per_second,seconds,"
         "best_seconds,worst_seconds,share_of_limit\n";
}

std::string csv_line(const Context& context, const Figure& f) {
  const Machine& m = context.machine;
  return fmt::format("{},{},{},{},{},{},{},{},{:.4f},{:.6f},{:.6f},{:.6f},{:.4f}\n",
                     quoted(m.processor), device::name_of(m.isa), m.threads, quoted(context.model),
                     context.is_busy ? 1 : 0, f.what, f.context, f.count, f.rate(), f.seconds,
                     f.best_seconds, f.worst_seconds, f.share());
}

Json json_line(const Context& context, const Figure& f) {
  Json out = Json::object();
  out.set("machine", context.machine.processor);
  out.set("isa", device::name_of(context.machine.isa));
  out.set("threads", context.machine.threads);
  out.set("model", context.model);
  out.set("busy", context.is_busy);
  out.set("what", f.what);
  out.set("context", f.context);
  out.set("count", static_cast<std::uint64_t>(f.count));
  out.set("tokens_per_second", f.rate());
  out.set("seconds", f.seconds);
  out.set("best_seconds", f.best_seconds);
  out.set("worst_seconds", f.worst_seconds);
  out.set("share_of_limit", f.share());
  return out;
}

}  // namespace ds4::bench
