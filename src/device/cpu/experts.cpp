// The experts of a batch: gate and up, their product, and the way down, summed in slot order.
#include <algorithm>
#include <vector>

#include "device/cpu/cpu_device.h"
#include "device/cpu/functions.h"
#include "device/cpu/product.h"
#include "device/cpu/scratch_needs.h"

namespace ds4::device {

ScratchNeeds experts_needs(const Capacity& capacity) {
  return {.worker_bytes = product_scratch_bytes(capacity.width_max)};
}

void CpuDevice::run_experts(const ExpertArgs& a) {
  const std::size_t width = a.gate->columns, wide = a.gate->rows;
  std::vector<std::byte> scratch(product_scratch_bytes(std::max(width, wide)) +
                                 product_scratch_bytes(width));
  std::vector<float> gate(wide), up(wide), out(width);
  const auto times = [&](const Weight& w, std::uint64_t expert, const float* x, float* y) {
    const ActivationRows in = activations_.make(isa_, team_, form_for(w.type), x, 1, w.columns, w.columns);
    product(isa_,
            {.weight = w.data + expert * w.matrix_bytes(),
             .type = w.type,
             .row_bytes = w.row_bytes,
             .rows = static_cast<std::uint32_t>(w.rows),
             .x = in,
             .inputs = 1,
             .out = y,
             .out_stride = w.rows},
            scratch.data());
  };
  for (std::uint32_t row = 0; row < a.rows; ++row) {
    const float* x = a.x + row * width;
    float* y = a.out + row * width;
    for (std::uint32_t slot = 0; slot <= a.used; ++slot) {
      const bool shared = slot == a.used;
      const std::uint64_t e = shared ? 0 : a.ids[row * a.used + slot];
      const float weight = shared ? 1.0f : a.weights[row * a.used + slot];
      const float limit = shared ? a.shared_clamp : a.clamp;
      times(shared ? *a.shared_gate : *a.gate, e, x, gate.data());
      times(shared ? *a.shared_up : *a.up, e, x, up.data());
      for (std::size_t i = 0; i < wide; ++i) {
        float g = gate[i], u = up[i];
        if (limit != 0) {
          g = g < limit ? g : limit;
          u = u < limit ? u : limit;
          u = u > -limit ? u : -limit;
        }
        gate[i] = ((g * canonical_sigmoid(g)) * u) * weight;
      }
      times(shared ? *a.shared_down : *a.down, e, gate.data(), out.data());
      for (std::size_t i = 0; i < width; ++i) y[i] = slot == 0 ? out[i] : y[i] + out[i];
    }
  }
}

}  // namespace ds4::device
