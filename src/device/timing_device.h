// A device that measures another: time and weight bytes by the part of the pass they belong to.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "device/device.h"

namespace ds4::device {

inline constexpr std::size_t kStages = static_cast<std::size_t>(Stage::head) + 1;
std::string_view name_of(Stage stage);

struct StageFigures {
  double seconds = 0;
  std::uint64_t weight_bytes = 0;  // read at least once; routed experts once for each that was used
  std::uint64_t calls = 0;
};

// Waits after every operation, which costs the pass a little.
class TimingDevice final : public Device {
 public:
  // `device` must outlive it.
  explicit TimingDevice(Device& device) : device_(device) {}

  const std::array<StageFigures, kStages>& figures() const { return figures_; }
  void reset() { figures_ = {}; }

  std::string description() const override { return device_.description(); }
  void prepare(const Capacity& capacity) override { device_.prepare(capacity); }
  void wait() override { device_.wait(); }
  void enter(Stage stage) override { stage_ = stage; }

  void embed(const Weight& table, const std::int32_t* tokens, std::uint32_t rows,
             std::uint32_t copies, float* out) override;
  void collapse(const CollapseArgs& args) override;
  void expand(const float* y, const float* post, const float* comb, std::uint32_t rows,
              std::uint32_t width, float* streams) override;
  void collapse_head(const CollapseHeadArgs& args) override;
  void rms_norm(const float* x, const Weight* norm, float epsilon, std::uint32_t rows,
                std::uint32_t width, float* out) override;
  void multiply(std::span<const Product> products, const float* x, std::uint32_t rows) override;
  void multiply_grouped(const Weight& weight, std::uint32_t groups, const float* x,
                        std::uint32_t rows, float* out) override;
  void finish_queries(const Batch& batch, std::uint32_t heads, std::uint32_t head_width,
                      float epsilon, const Rope& rope, float* queries) override;
  void finish_keys(const Batch& batch, const KeyArgs& args) override;
  void compress(const Batch& batch, const CompressArgs& args) override;
  void select(const Batch& batch, const SelectArgs& args) override;
  void attend(const Batch& batch, const AttendArgs& args) override;
  void keep_keys(const Batch& batch, const std::byte* keys, const RowFormat& format,
                 std::span<const LayerRows> states) override;
  void route(const Batch& batch, const RouteArgs& args) override;
  void run_experts(const ExpertArgs& args) override;
  void add_direction(const float* direction, float scale, std::uint32_t rows, std::uint32_t width,
                     float* out) override;

 private:
  template <class Operation>
  void measure(std::uint64_t weight_bytes, Operation&& operation);

  Device& device_;
  Stage stage_ = Stage::embedding;
  std::array<StageFigures, kStages> figures_;
};

}  // namespace ds4::device
