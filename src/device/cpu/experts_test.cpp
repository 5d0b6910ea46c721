#include <gtest/gtest.h>

#include <cmath>

#include "device/cpu/cpu_device.h"
#include "device/cpu/functions.h"
#include "device/cpu/test_products.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;
using quant::Type;

struct Types {
  Type gate, up, down, shared_gate, shared_up, shared_down;
};

constexpr Types kMixes[] = {
    {Type::iq2_xxs, Type::iq2_xxs, Type::q2_k, Type::q8_0, Type::q8_0, Type::q8_0},
    {Type::mxfp4, Type::mxfp4, Type::mxfp4, Type::q8_0, Type::q8_0, Type::bf16},
    {Type::f32, Type::f32, Type::f32, Type::f32, Type::f32, Type::f32},
    {Type::q4_k, Type::f16, Type::q8_0, Type::bf16, Type::q2_k, Type::iq2_xxs},
};

struct Matrix {
  Matrix(std::uint32_t seed, Type type, std::size_t count, std::size_t rows, std::size_t columns)
      : bytes(random_blocks(seed, type, count * rows, columns)),
        weight{bytes.data(), type, columns, rows, count, quant::row_bytes(type, columns)} {}
  Matrix(const Matrix&) = delete;

  std::vector<float> multiply(std::size_t index, const std::vector<float>& x) const {
    const Rounded rounded(x.data(), x.size());
    std::vector<float> y(weight.rows);
    for (std::size_t r = 0; r < y.size(); ++r) {
      const std::byte* row = weight.data + index * weight.matrix_bytes() + r * weight.row_bytes;
      y[r] = reference(weight.type, row, x.size(), rounded);
    }
    return y;
  }

  std::vector<std::byte> bytes;
  Weight weight;
};

// A layer of experts and a batch that goes through it.
struct Layer {
  static constexpr std::size_t kExperts = 7;

  Layer(const Types& types, std::size_t width, std::size_t middle, std::size_t rows,
        std::size_t used)
      : gate(1, types.gate, kExperts, middle, width),
        up(2, types.up, kExperts, middle, width),
        down(3, types.down, kExperts, width, middle),
        shared_gate(4, types.shared_gate, 1, middle, width),
        shared_up(5, types.shared_up, 1, middle, width),
        shared_down(6, types.shared_down, 1, width, middle),
        x(random_rows(7, rows * width)),
        row_count(rows),
        used_count(used) {
    std::mt19937 random(8);
    std::vector<std::uint32_t> all(kExperts);
    for (std::uint32_t e = 0; e < kExperts; ++e) all[e] = e;
    for (std::size_t row = 0; row < rows; ++row) {
      std::shuffle(all.begin(), all.end(), random);
      ids.insert(ids.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(used));
    }
    weights.resize(ids.size());
    for (float& w : weights) w = std::uniform_real_distribution<float>(0.05f, 1.5f)(random);
  }

  ExpertArgs args(std::size_t first, std::size_t rows, float* out) const {
    ExpertArgs a;
    a.gate = &gate.weight;
    a.up = &up.weight;
    a.down = &down.weight;
    if (has_shared) {
      a.shared_gate = &shared_gate.weight;
      a.shared_up = &shared_up.weight;
      a.shared_down = &shared_down.weight;
    }
    a.x = &x[first * gate.weight.columns];
    a.rows = static_cast<std::uint32_t>(rows);
    a.used = static_cast<std::uint32_t>(used_count);
    a.ids = &ids[first * used_count];
    a.weights = &weights[first * used_count];
    a.clamp = clamp;
    a.shared_clamp = shared_clamp;
    a.out = out;
    return a;
  }

  Capacity capacity() const {
    Capacity c;
    c.rows = static_cast<std::uint32_t>(row_count);
    c.width_max = static_cast<std::uint32_t>(gate.weight.columns);
    c.experts_used = static_cast<std::uint32_t>(used_count);
    c.expert_width = static_cast<std::uint32_t>(gate.weight.rows);
    c.experts = kExperts;
    return c;
  }

  // The same by docs/numerics.md, a row at a time.
  std::vector<float> reference_row(std::size_t row) const {
    const std::size_t width = gate.weight.columns;
    const std::vector<float> in(&x[row * width], &x[row * width] + width);
    std::vector<float> y;
    for (std::size_t slot = 0; slot < used_count + (has_shared ? 1 : 0); ++slot) {
      const bool is_shared = slot == used_count;
      const std::size_t expert = is_shared ? 0 : ids[row * used_count + slot];
      const float limit = is_shared ? shared_clamp : clamp;
      auto middle = (is_shared ? shared_gate : gate).multiply(expert, in);
      const auto side = (is_shared ? shared_up : up).multiply(expert, in);
      for (std::size_t i = 0; i < middle.size(); ++i) {
        float g = middle[i], u = side[i];
        if (limit > 0) {
          g = g < limit ? g : limit;
          u = u < limit ? u : limit;
          u = u > -limit ? u : -limit;
        }
        middle[i] = (g * canonical_sigmoid(g)) * u;
        if (!is_shared) middle[i] = middle[i] * weights[row * used_count + slot];
      }
      const auto part = (is_shared ? shared_down : down).multiply(expert, middle);
      if (slot == 0) y.assign(part.size(), 0);
      for (std::size_t i = 0; i < part.size(); ++i) y[i] = slot == 0 ? part[i] : y[i] + part[i];
    }
    return y;
  }

  Matrix gate, up, down, shared_gate, shared_up, shared_down;
  std::vector<float> x;
  std::size_t row_count, used_count;
  std::vector<std::uint32_t> ids;
  std::vector<float> weights;
  bool has_shared = true;
  float clamp = 0, shared_clamp = 0;
};

std::vector<float> run(CpuDevice& device, const Layer& layer, std::size_t first, std::size_t rows) {
  std::vector<float> out(rows * layer.gate.weight.columns, -1);
  device.run_experts(layer.args(first, rows, out.data()));
  device.wait();
  return out;
}

std::vector<float> reference_rows(const Layer& layer) {
  std::vector<float> want;
  for (std::size_t row = 0; row < layer.row_count; ++row) {
    const auto y = layer.reference_row(row);
    want.insert(want.end(), y.begin(), y.end());
  }
  return want;
}

std::vector<float> part(const std::vector<float>& all, std::size_t from, std::size_t count) {
  const auto at = all.begin() + static_cast<std::ptrdiff_t>(from);
  return {at, at + static_cast<std::ptrdiff_t>(count)};
}

class experts : public testing::TestWithParam<Types> {};

TEST_P(experts, have_the_bits_of_the_definition_in_batches_of_any_size) {
  Layer layer(GetParam(), 512, 256, 70, 3);
  layer.clamp = 0.7f;
  layer.shared_clamp = 1.1f;
  const std::size_t width = 512;
  const auto want = reference_rows(layer);
  for (const Isa isa : runnable_isas()) {
    SCOPED_TRACE(name_of(isa));
    CpuDevice device({.isa = isa, .threads = 2});
    device.prepare(layer.capacity());
    expect_same_bits(run(device, layer, 0, 70), want);
    for (const std::size_t rows : {1, 2, 5, 16}) {
      expect_same_bits(run(device, layer, 9, rows), part(want, 9 * width, rows * width));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(mixes, experts, testing::ValuesIn(kMixes), [](const auto& param) {
  return std::string(quant::info(param.param.gate).name) + "_" +
         std::string(quant::info(param.param.up).name) + "_" +
         std::string(quant::info(param.param.down).name);
});

TEST(experts, do_not_depend_on_threads) {
  const Layer layer(kMixes[0], 512, 256, 33, 6);
  const auto want = reference_rows(layer);
  for (const int threads : {1, 2, 3, 8}) {
    CpuDevice device({.threads = threads});
    device.prepare(layer.capacity());
    expect_same_bits(run(device, layer, 0, 33), want);
    expect_same_bits(run(device, layer, 20, 1), part(want, 20 * 512, 512));
  }
}

TEST(experts, of_odd_widths_and_without_a_shared_one) {
  constexpr Types kFloats = {Type::f16, Type::f32, Type::bf16, Type::f32, Type::f32, Type::f32};
  for (const std::size_t width : {24, 36}) {
    Layer layer(kFloats, width, width + 3, 9, 2);
    layer.has_shared = width == 24;
    const auto want = reference_rows(layer);
    for (const Isa isa : runnable_isas()) {
      CpuDevice device({.isa = isa, .threads = 2});
      device.prepare(layer.capacity());
      expect_same_bits(run(device, layer, 0, 9), want);
      expect_same_bits(run(device, layer, 4, 1), part(want, 4 * width, width));
    }
  }
}

// All rows of a batch may want the same expert, or each another one.
TEST(experts, serve_crowds_and_nobody) {
  Layer layer(kMixes[0], 256, 256, 20, 1);
  for (std::size_t row = 0; row < 20; ++row) layer.ids[row] = row < 19 ? 6 : 0;
  CpuDevice device({.threads = 2});
  device.prepare(layer.capacity());
  expect_same_bits(run(device, layer, 0, 20), reference_rows(layer));
}

TEST(multiply, takes_matrices_of_all_types_at_once) {
  const std::size_t width = 512, rows = 21;
  const auto x = random_rows(1, rows * width);
  const Matrix list[] = {{1, Type::q8_0, 1, 70, width}, {2, Type::f32, 1, 3, width},
                         {3, Type::q4_k, 1, 33, width}, {4, Type::iq2_xxs, 1, 16, width},
                         {5, Type::bf16, 1, 9, width},  {6, Type::mxfp4, 1, 130, width}};
  std::vector<std::vector<float>> want(6), got(6);
  std::vector<Product> products;
  for (std::size_t m = 0; m < 6; ++m) {
    for (std::size_t row = 0; row < rows; ++row) {
      const auto y = list[m].multiply(0, part(x, row * width, width));
      want[m].insert(want[m].end(), y.begin(), y.end());
    }
    got[m].assign(want[m].size(), -1);
    products.push_back({&list[m].weight, got[m].data()});
  }
  for (const Isa isa : runnable_isas()) {
    for (const int threads : {1, 3}) {
      CpuDevice device({.isa = isa, .threads = threads});
      device.prepare({.rows = rows, .width_max = width});
      for (const std::uint32_t batch : {1u, 7u, 21u}) {
        device.multiply(products, x.data(), batch);
        device.wait();
        for (std::size_t m = 0; m < 6; ++m) {
          const std::size_t count = batch * list[m].weight.rows;
          expect_same_bits(part(got[m], 0, count), part(want[m], 0, count));
        }
      }
    }
  }
}

TEST(multiply, gives_every_group_of_output_rows_its_part_of_the_input) {
  const std::size_t columns = 256, groups = 4, rows = 19, outputs = 4 * 21;
  const auto x = random_rows(2, rows * groups * columns);
  for (const Type type : {Type::q8_0, Type::q2_k, Type::f32}) {
    const Matrix matrix(3, type, 1, outputs, columns);
    std::vector<float> want(rows * outputs);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t g = 0; g < groups; ++g) {
        const auto y = matrix.multiply(0, part(x, (row * groups + g) * columns, columns));
        std::copy_n(&y[g * 21], 21, &want[row * outputs + g * 21]);
      }
    }
    for (const Isa isa : runnable_isas()) {
      CpuDevice device({.isa = isa, .threads = 2});
      device.prepare({.rows = rows, .width_max = groups * columns});
      for (const std::uint32_t batch : {1u, 3u, 19u}) {
        std::vector<float> got(batch * outputs, -1);
        device.multiply_grouped(matrix.weight, groups, x.data(), batch, got.data());
        device.wait();
        expect_same_bits(got, part(want, 0, got.size()));
      }
    }
  }
}

}  // namespace
}  // namespace ds4::device
