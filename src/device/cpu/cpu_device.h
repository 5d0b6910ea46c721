// The CPU as a device: a team of threads, and kernels for the instruction set at hand. Each family
// of operations has a file of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/cpu/activations.h"
#include "device/cpu/isa.h"
#include "device/cpu/scratch.h"
#include "device/cpu/team.h"
#include "device/device.h"

namespace ds4::device {

struct CpuOptions {
  Isa isa = best_isa();
  int threads = 0;             // 0: one for each of `cpus`, or for each core
  std::vector<int> cpus = {};  // to keep the threads on; empty: wherever the system puts them
};

// From what a user wrote: no threads for as many as there are, no names for the best and any.
Result<CpuOptions> read_cpu_options(std::string_view isa, int threads, std::string_view cpus);

// The threads that a device of these options has.
int threads_of(const CpuOptions& options);

// Memory that prepare() makes sure of.
std::size_t cpu_scratch_bytes(const Capacity& capacity, int threads);

class CpuDevice final : public Device {
 public:
  explicit CpuDevice(const CpuOptions& options = {});
  ~CpuDevice() override;

  std::string description() const override;
  void prepare(const Capacity& capacity) override;
  void wait() override {}

  void embed(const Weight& table, const std::int32_t* tokens, std::uint32_t rows,
             std::uint32_t copies, float* out) override;  // mixing.cpp
  void collapse(const CollapseArgs& args) override;
  void expand(const float* y, const float* post, const float* comb, std::uint32_t rows,
              std::uint32_t width, float* streams) override;
  void collapse_head(const CollapseHeadArgs& args) override;
  void add_direction(const float* direction, float scale, std::uint32_t rows, std::uint32_t width,
                     float* out) override;

  void rms_norm(const float* x, const Weight* norm, float epsilon, std::uint32_t rows,
                std::uint32_t width, float* out) override;  // norms.cpp
  void finish_queries(const Batch& batch, std::uint32_t heads, std::uint32_t head_width,
                      float epsilon, const Rope& rope, float* queries) override;

  void multiply(std::span<const Product> products, const float* x,
                std::uint32_t rows) override;  // multiply.cpp
  void multiply_grouped(const Weight& weight, std::uint32_t groups, const float* x,
                        std::uint32_t rows, float* out) override;

  void finish_keys(const Batch& batch, const KeyArgs& args) override;  // keys.cpp
  void keep_keys(const Batch& batch, const std::byte* keys, const RowFormat& format,
                 std::span<const LayerRows> states) override;
  void compress(const Batch& batch, const CompressArgs& args) override;  // compressor.cpp
  void select(const Batch& batch, const SelectArgs& args) override;      // indexer.cpp
  void attend(const Batch& batch, const AttendArgs& args) override;      // attention.cpp

  void route(const Batch& batch, const RouteArgs& args) override;  // routing.cpp
  void run_experts(const ExpertArgs& args) override;               // experts.cpp

 private:
  Isa isa_;
  Team team_;
  Activations activations_;  // of the product at hand, in the forms its weights call for
  Scratch scratch_;          // of each worker, and of the operation as a whole
};

}  // namespace ds4::device
