// One matrix at a time of every format, and rows of activations to multiply it by.
#pragma once

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "device/cpu/activations.h"
#include "device/cpu/panels.h"
#include "device/cpu/product.h"
#include "device/cpu/scratch.h"
#include "device/cpu/team.h"
#include "quant/codec.h"

namespace ds4::bench {

struct Size {
  quant::Type type;
  std::uint32_t rows, columns;
};

// The matrices of V4 Flash that are multiplied most, for each format.
inline constexpr Size kSizes[] = {
    {quant::Type::q8_0, 4096, 4096},  {quant::Type::iq2_xxs, 2048, 4096},
    {quant::Type::q2_k, 4096, 2048},  {quant::Type::q4_k, 2048, 4096},
    {quant::Type::mxfp4, 2048, 4096}, {quant::Type::f16, 1024, 4096},
    {quant::Type::bf16, 1024, 4096},  {quant::Type::f32, 1024, 4096}};

// Weight rows that are multiplied at a time.
inline constexpr std::uint32_t kTaskRows = 32;

// Bytes that make numbers below 2 and scales far from the subnormal ones, in every format.
inline std::vector<std::byte> random_weight(std::size_t bytes) {
  std::mt19937_64 random(1);
  std::vector<std::byte> weight(bytes);
  for (std::size_t at = 0; at + 8 <= bytes; at += 8) {
    const std::uint64_t word = (random() & 0x1F1F1F1F1F1F1F1Full) | 0x2020202020202020ull;
    std::memcpy(&weight[at], &word, 8);
  }
  return weight;
}

inline std::vector<float> random_floats(std::size_t count) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  std::vector<float> list(count);
  for (float& x : list) x = normal(random);
  return list;
}

// Everything a product needs but the weights, ready for as many calls as wanted.
class ProductCase {
 public:
  ProductCase(Size size, std::uint32_t inputs, device::Isa isa)
      : isa_(isa),
        size_(size),
        x_(random_floats(std::size_t{inputs} * size.columns)),
        out_(std::size_t{inputs} * size.rows) {
    scratch_.reserve_worker(device::product_scratch_bytes(size.columns, inputs));
    const device::ActivationForm form = device::form_for(size.type);
    activations_.reserve(inputs, size.columns);
    args_.type = size.type;
    args_.row_bytes = quant::row_bytes(size.type, size.columns);
    args_.rows = kTaskRows;
    args_.x = activations_.make(isa, team_, form, x_.data(), inputs, size.columns, size.columns);
    args_.inputs = inputs;
    args_.out_stride = size.rows;
    if (!device::wants_panels(isa, size.type, inputs)) return;
    const std::size_t bytes = device::panels_of(inputs) * device::panel_bytes(form, size.columns);
    scratch_.reserve_shared(bytes);
    auto* panels = scratch_.shared<std::byte>(bytes);
    for (std::uint32_t panel = 0; panel < device::panels_of(inputs); ++panel) {
      device::make_panel(form, args_.x, nullptr, inputs, panel, panels);
    }
    args_.panels = panels;
  }

  // Of the weight rows of one call.
  std::size_t weight_bytes() const { return kTaskRows * args_.row_bytes; }

  void multiply(const std::byte* weight) {
    args_.weight = weight;
    args_.out = out_.data() + row_;
    device::product(isa_, args_, scratch_.worker<std::byte>(0, 0));
    row_ = (row_ + kTaskRows) % size_.rows;
  }

 private:
  device::Isa isa_;
  Size size_;
  device::Team team_{1};
  device::Activations activations_;
  std::vector<float> x_, out_;
  device::Scratch scratch_{1};
  device::ProductArgs args_;
  std::uint32_t row_ = 0;
};

}  // namespace ds4::bench
