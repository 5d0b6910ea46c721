#include "device/timing_device.h"

#include <algorithm>
#include <vector>

namespace ds4::device {

namespace {

std::uint64_t bytes_of(const Mix& mix) {
  return mix.fn->bytes() + mix.base->bytes() + mix.scale->bytes();
}

// Experts that at least one row uses.
std::uint64_t experts_used(const ExpertArgs& args) {
  std::vector<bool> used(args.gate->count);
  for (std::size_t i = 0; i < std::size_t{args.rows} * args.used; ++i) used[args.ids[i]] = true;
  return static_cast<std::uint64_t>(std::count(used.begin(), used.end(), true));
}

}  // namespace

std::string_view name_of(Stage stage) {
  switch (stage) {
    case Stage::embedding:
      return "embedding";
    case Stage::mixing:
      return "mixing";
    case Stage::attention_inputs:
      return "attention inputs";
    case Stage::compressor:
      return "compressor";
    case Stage::queries:
      return "queries";
    case Stage::indexer:
      return "indexer";
    case Stage::attention:
      return "attention";
    case Stage::attention_output:
      return "attention output";
    case Stage::router:
      return "router";
    case Stage::experts:
      return "experts";
    case Stage::head:
      return "head";
  }
  return "unknown";
}

template <class Operation>
void TimingDevice::measure(std::uint64_t weight_bytes, Operation&& operation) {
  const auto begin = std::chrono::steady_clock::now();
  operation();
  device_.wait();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  StageFigures& figures = figures_[static_cast<std::size_t>(stage_)];
  figures.seconds += taken.count();
  figures.weight_bytes += weight_bytes;
  ++figures.calls;
}

void TimingDevice::embed(const Weight& table, const std::int32_t* tokens, std::uint32_t rows,
                         std::uint32_t copies, float* out) {
  measure(table.row_bytes * rows, [&] { device_.embed(table, tokens, rows, copies, out); });
}

void TimingDevice::collapse(const CollapseArgs& args) {
  measure(bytes_of(args.mix) + args.norm->bytes(), [&] { device_.collapse(args); });
}

void TimingDevice::expand(const float* y, const float* post, const float* comb, std::uint32_t rows,
                          std::uint32_t width, float* streams) {
  measure(0, [&] { device_.expand(y, post, comb, rows, width, streams); });
}

void TimingDevice::collapse_head(const CollapseHeadArgs& args) {
  measure(bytes_of(args.mix) + args.norm->bytes(), [&] { device_.collapse_head(args); });
}

void TimingDevice::rms_norm(const float* x, const Weight* norm, float epsilon, std::uint32_t rows,
                            std::uint32_t width, float* out) {
  measure(norm != nullptr ? norm->bytes() : 0,
          [&] { device_.rms_norm(x, norm, epsilon, rows, width, out); });
}

void TimingDevice::multiply(std::span<const Product> products, const float* x, std::uint32_t rows) {
  std::uint64_t bytes = 0;
  for (const Product& product : products) bytes += product.weight->bytes();
  measure(bytes, [&] { device_.multiply(products, x, rows); });
}

void TimingDevice::multiply_grouped(const Weight& weight, std::uint32_t groups, const float* x,
                                    std::uint32_t rows, float* out) {
  measure(weight.bytes(), [&] { device_.multiply_grouped(weight, groups, x, rows, out); });
}

void TimingDevice::finish_queries(const Batch& batch, std::uint32_t heads, std::uint32_t head_width,
                                  float epsilon, const Rope& rope, float* queries) {
  measure(0, [&] { device_.finish_queries(batch, heads, head_width, epsilon, rope, queries); });
}

void TimingDevice::finish_keys(const Batch& batch, const KeyArgs& args) {
  measure(args.norm->bytes(), [&] { device_.finish_keys(batch, args); });
}

void TimingDevice::compress(const Batch& batch, const CompressArgs& args) {
  measure(args.ape->bytes() + args.norm->bytes(), [&] { device_.compress(batch, args); });
}

void TimingDevice::select(const Batch& batch, const SelectArgs& args) {
  measure(0, [&] { device_.select(batch, args); });
}

void TimingDevice::attend(const Batch& batch, const AttendArgs& args) {
  measure(args.sinks->bytes(), [&] { device_.attend(batch, args); });
}

void TimingDevice::keep_keys(const Batch& batch, const std::byte* keys, const RowFormat& format,
                             std::span<const LayerRows> states) {
  measure(0, [&] { device_.keep_keys(batch, keys, format, states); });
}

void TimingDevice::route(const Batch& batch, const RouteArgs& args) {
  measure(args.bias != nullptr ? args.bias->bytes() : 0, [&] { device_.route(batch, args); });
}

void TimingDevice::run_experts(const ExpertArgs& args) {
  const std::uint64_t expert =
      args.gate->matrix_bytes() + args.up->matrix_bytes() + args.down->matrix_bytes();
  const std::uint64_t shared =
      args.shared_gate->bytes() + args.shared_up->bytes() + args.shared_down->bytes();
  const std::uint64_t bytes = experts_used(args) * expert + shared;
  measure(bytes, [&] { device_.run_experts(args); });
}

void TimingDevice::add_direction(const float* direction, float scale, std::uint32_t rows,
                                 std::uint32_t width, float* out) {
  measure(0, [&] { device_.add_direction(direction, scale, rows, width, out); });
}

}  // namespace ds4::device
