#include "device/cpu/product_floats.h"

#include <gtest/gtest.h>

#include <cmath>

#include "device/cpu/test_rows.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;
using quant::Type;

// The order of docs/numerics.md, an element at a time.
float in_lanes(const float* w, const float* x, std::size_t columns) {
  float lanes[16] = {};
  for (std::size_t k = 0; k < columns; ++k) lanes[k % 16] = std::fma(w[k], x[k], lanes[k % 16]);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  }
  return lanes[0];
}

std::vector<float> multiply(Isa isa, const TestWeight& w, const std::vector<float>& x,
                            std::uint32_t inputs, const std::uint32_t* x_rows = nullptr) {
  ProductArgs args;
  args.weight = w.weight.data;
  args.type = w.weight.type;
  args.row_bytes = w.weight.row_bytes;
  args.rows = static_cast<std::uint32_t>(w.weight.rows);
  args.x.columns = w.weight.columns;
  args.x.plain = x.data();
  args.x.plain_stride = w.weight.columns;
  args.x_rows = x_rows;
  args.inputs = inputs;
  args.out_stride = args.rows + 3;
  std::vector<float> out(inputs * args.out_stride, -1);
  args.out = out.data();
  product_floats(isa, args, nullptr);
  return out;
}

class products_of_floats : public testing::TestWithParam<Type> {};

TEST_P(products_of_floats, have_the_bits_of_the_definition) {
  for (const std::size_t columns : {1, 7, 16, 33, 64, 250, 1024}) {
    for (const std::size_t rows : {1, 2, 3, 4, 5, 8, 13}) {
      const TestWeight w(GetParam(), random_floats(1, rows * columns), rows);
      for (const std::uint32_t inputs : {1u, 2u, 3u, 5u, 6u, 7u, 13u}) {
        const auto x = random_floats(2, inputs * columns);
        const std::size_t stride = rows + 3;
        std::vector<float> want(inputs * stride, -1);
        for (std::size_t i = 0; i < inputs; ++i) {
          for (std::size_t r = 0; r < rows; ++r) {
            const float* row = w.values.data() + r * columns;
            want[i * stride + r] = in_lanes(row, x.data() + i * columns, columns);
          }
        }
        for (const Isa isa : runnable_isas()) expect_same_bits(multiply(isa, w, x, inputs), want);
      }
    }
  }
}

TEST_P(products_of_floats, are_close_to_double) {
  const std::size_t rows = 9, columns = 4096;
  const TestWeight w(GetParam(), random_floats(3, rows * columns), rows);
  const auto x = random_floats(4, columns);
  const auto got = multiply(best_isa(), w, x, 1);
  for (std::size_t r = 0; r < rows; ++r) {
    double want = 0;
    for (std::size_t k = 0; k < columns; ++k) want += double{w.values[r * columns + k]} * x[k];
    EXPECT_NEAR(got[r], want, 64 * 1e-6);
  }
}

// More input rows than pass over a tile at once.
TEST_P(products_of_floats, do_not_depend_on_the_rows_beside) {
  const std::size_t rows = 6, columns = 4096;
  const std::uint32_t inputs = 70;
  const TestWeight w(GetParam(), random_floats(5, rows * columns), rows);
  const auto x = random_floats(6, inputs * columns);
  for (const Isa isa : runnable_isas()) {
    if (isa == Isa::portable) continue;
    const auto all = multiply(isa, w, x, inputs);
    for (const std::uint32_t input : {0u, 5u, 29u, 30u, 31u, 69u}) {
      const auto one = multiply(isa, w, x, 1, &input);
      const std::vector<float> same(all.begin() + input * (rows + 3),
                                    all.begin() + (input + 1) * (rows + 3));
      expect_same_bits(same, one);
    }
  }
}

TEST_P(products_of_floats, take_the_input_rows_they_are_told) {
  const std::size_t rows = 5, columns = 100;
  const TestWeight w(GetParam(), random_floats(7, rows * columns), rows);
  const auto x = random_floats(8, 10 * columns);
  const std::vector<std::uint32_t> chosen = {9, 0, 3, 3, 7, 1, 2};
  std::vector<float> gathered;
  for (const std::uint32_t row : chosen) {
    gathered.insert(gathered.end(), x.begin() + row * columns, x.begin() + (row + 1) * columns);
  }
  for (const Isa isa : runnable_isas()) {
    expect_same_bits(multiply(isa, w, x, 7, chosen.data()), multiply(isa, w, gathered, 7));
  }
}

INSTANTIATE_TEST_SUITE_P(each, products_of_floats,
                         testing::Values(Type::f32, Type::f16, Type::bf16));

}  // namespace
}  // namespace ds4::device
