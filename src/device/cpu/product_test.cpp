#include "device/cpu/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>

#include "device/cpu/panels.h"
#include "device/cpu/test_products.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;
using quant::Type;

constexpr Type kTypes[] = {Type::q8_0, Type::mxfp4, Type::q2_k, Type::q4_k, Type::iq2_xxs};

// Aligned as kernels ask for.
struct LinesOfBytes {
  explicit LinesOfBytes(std::size_t count) : bytes(count + 64, std::byte{0xAB}) {
    void* first = bytes.data();
    std::size_t space = bytes.size();
    at = static_cast<std::byte*>(std::align(64, count, first, space));
  }
  std::vector<std::byte> bytes;
  std::byte* at;
};

struct Workplace {
  Team team{2};
  Activations activations;

  // `inputs` rows of x through all rows of the weight, by `isa`.
  std::vector<float> multiply(Isa isa, Type type, const std::vector<std::byte>& weight,
                              std::size_t rows, std::size_t columns, const std::vector<float>& x,
                              std::uint32_t inputs, const std::uint32_t* x_rows = nullptr) {
    const std::size_t x_count = x.size() / columns;
    activations.reserve(x_count, columns);
    ProductArgs args;
    args.weight = weight.data();
    args.type = type;
    args.row_bytes = weight.size() / rows;
    args.rows = static_cast<std::uint32_t>(rows);
    args.x = activations.make(isa, team, form_for(type), x.data(), x_count, columns, columns);
    args.x_rows = x_rows;
    args.inputs = inputs;
    args.out_stride = rows + 5;
    std::vector<float> out(inputs * args.out_stride, -1);
    args.out = out.data();
    LinesOfBytes panels(panels_of(inputs) * panel_bytes(form_for(type), columns));
    if (wants_panels(isa, type, inputs)) {
      for (std::uint32_t panel = 0; panel < panels_of(inputs); ++panel) {
        make_panel(form_for(type), args.x, x_rows, inputs, panel, panels.at);
      }
      args.panels = panels.at;
    }
    const LinesOfBytes scratch(product_scratch_bytes(columns, inputs));
    product(isa, args, scratch.at);
    return out;
  }
};

class products_of_blocks : public testing::TestWithParam<Type> {};

TEST_P(products_of_blocks, have_the_bits_of_the_definition) {
  const Type type = GetParam();
  Workplace setup;
  for (const std::size_t blocks : {1, 2, 3, 4, 5, 7, 8}) {
    const std::size_t columns = blocks * block_columns(type);
    for (const std::size_t rows : {1, 2, 3, 5, 16, 33, 70}) {
      const auto weight = random_blocks(static_cast<std::uint32_t>(rows), type, rows, columns);
      const auto x = random_rows(7, 40 * columns);
      std::vector<float> want(40 * (rows + 5), -1);
      for (std::size_t i = 0; i < 40; ++i) {
        const Rounded rounded(&x[i * columns], columns);
        for (std::size_t r = 0; r < rows; ++r) {
          const std::byte* row = weight.data() + r * quant::row_bytes(type, columns);
          want[i * (rows + 5) + r] = reference(type, row, columns, rounded);
        }
      }
      for (const Isa isa : runnable_isas()) {
        for (const std::uint32_t inputs : {1u, 2u, 3u, 4u, 7u, 16u, 40u}) {
          SCOPED_TRACE(testing::Message() << name_of(isa) << ", " << rows << " rows, " << blocks
                                          << " blocks, " << inputs << " inputs");
          const auto got = setup.multiply(isa, type, weight, rows, columns, x, inputs);
          want.resize(40 * (rows + 5));
          expect_same_bits(
              got, {want.begin(), want.begin() + static_cast<std::ptrdiff_t>(inputs * (rows + 5))});
          if (testing::Test::HasFailure()) return;
        }
      }
    }
  }
}

// The largest sums that codes can make, of both signs.
TEST_P(products_of_blocks, do_not_overflow) {
  const Type type = GetParam();
  const std::size_t columns = 1024, rows = 4, size = quant::info(type).block_bytes;
  const std::size_t scale_bytes = type == Type::mxfp4 ? 1 : type == Type::q4_k ? 4 : 2;
  Workplace workplace;
  for (const unsigned char byte : {0x80, 0x7F, 0xFF, 0x00}) {
    auto weight = random_blocks(9, type, rows, columns);
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const std::size_t at = i % size;
      const bool is_scale = type == Type::q2_k ? at >= 80 : at < scale_bytes;
      if (!is_scale) weight[i] = std::byte{byte};
    }
    for (const float sign : {1.0f, -1.0f}) {
      const std::vector<float> x(8 * columns, sign);
      const Rounded rounded(x.data(), columns);
      for (const Isa isa : runnable_isas()) {
        for (const std::uint32_t inputs : {1u, 8u}) {
          const auto got = workplace.multiply(isa, type, weight, rows, columns, x, inputs);
          for (std::size_t r = 0; r < rows; ++r) {
            const std::byte* row = &weight[r * quant::row_bytes(type, columns)];
            EXPECT_EQ(got[(inputs - 1) * (rows + 5) + r], reference(type, row, columns, rounded));
          }
        }
      }
    }
  }
}

TEST_P(products_of_blocks, take_the_input_rows_they_are_told) {
  const Type type = GetParam();
  const std::size_t columns = 512, rows = 19;
  Workplace setup;
  const auto weight = random_blocks(3, type, rows, columns);
  const auto x = random_rows(4, 30 * columns);
  const std::vector<std::uint32_t> chosen = {29, 0, 7, 7, 3, 11, 28, 1, 2, 5, 13};
  for (const Isa isa : runnable_isas()) {
    const auto all = setup.multiply(isa, type, weight, rows, columns, x, 30);
    for (const std::size_t count : {1, 2, 3, 11}) {
      const auto got = setup.multiply(isa, type, weight, rows, columns, x,
                                      static_cast<std::uint32_t>(count), chosen.data());
      std::vector<float> want;
      for (std::size_t i = 0; i < count; ++i) {
        const float* row = &all[chosen[i] * (rows + 5)];
        want.insert(want.end(), row, row + rows + 5);
      }
      expect_same_bits(got, want);
    }
  }
}

// Against the decoded weights and unrounded activations, in double.
TEST_P(products_of_blocks, are_near_the_product_of_numbers) {
  const Type type = GetParam();
  const std::size_t columns = 2048, rows = 20;
  const auto numbers = random_rows(5, rows * columns);
  const std::vector<float> importance(columns, 1.0f);
  std::vector<std::byte> weight(rows * quant::row_bytes(type, columns));
  std::vector<float> decoded(rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    std::byte* row = &weight[r * quant::row_bytes(type, columns)];
    quant::encode_row(type, &numbers[r * columns], row, columns, importance.data());
    quant::decode_row(type, row, &decoded[r * columns], columns);
  }
  const auto x = random_rows(6, 9 * columns);
  Workplace setup;
  for (const Isa isa : runnable_isas()) {
    for (const std::uint32_t inputs : {1u, 9u}) {
      const auto got = setup.multiply(isa, type, weight, rows, columns, x, inputs);
      for (std::size_t i = 0; i < inputs; ++i) {
        for (std::size_t r = 0; r < rows; ++r) {
          double sum = 0, squares = 0;
          for (std::size_t k = 0; k < columns; ++k) {
            const double term = double{decoded[r * columns + k]} * x[i * columns + k];
            sum += term;
            squares += decoded[r * columns + k] * decoded[r * columns + k];
          }
          // An activation is off by at most half of 1/127 of the largest of its group.
          const double largest = 4.5;
          EXPECT_NEAR(got[i * (rows + 5) + r], sum, 4 * std::sqrt(squares) * largest / 254);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(types, products_of_blocks, testing::ValuesIn(kTypes),
                         [](const auto& param) {
                           return std::string(quant::info(param.param).name);
                         });

TEST(activations, have_the_bytes_of_the_definition) {
  Team team(3);
  Activations activations;
  activations.reserve(6, 1024);
  auto x = random_rows(8, 6 * 1030);
  x[3] = std::nanf("");
  x[300] = INFINITY;
  x[301] = -INFINITY;
  x[600] = -3e38f;
  x[1030 + 5] = 7.0f;
  x[1030 + 9] = -7.0f;  // a tie of the largest: the first one counts
  for (std::size_t i = 2060; i < 2060 + 256; ++i) x[i] = 1e-38f;
  for (const Isa isa : runnable_isas()) {
    for (const std::size_t columns : {1024u, 256u, 1000u, 33u, 31u, 1u}) {
      SCOPED_TRACE(testing::Message() << name_of(isa) << ", " << columns << " columns");
      const std::size_t groups = (columns + 31) / 32;
      const auto made =
          activations.make(isa, team, ActivationForm::groups, x.data(), 6, columns, 1030);
      EXPECT_EQ(made.columns, columns);
      for (std::size_t row = 0; row < 6; ++row) {
        std::vector<std::int8_t> codes(groups * 32);
        std::vector<float> scales(groups);
        quant::quantize_q8_groups(&x[row * 1030], columns, codes.data(), scales.data());
        EXPECT_EQ(std::memcmp(codes.data(), made.codes + row * groups * 32, groups * 32), 0);
        EXPECT_EQ(std::memcmp(scales.data(), made.scales + row * groups, groups * 4), 0);
        for (std::size_t g = 0; g < groups; ++g) {
          int sum = 0;
          for (std::size_t i = 0; i < 32; ++i) sum += codes[g * 32 + i];
          EXPECT_EQ(made.sums[row * groups + g], sum);
        }
      }
      if (columns % 256 != 0) continue;
      const auto blocks =
          activations.make(isa, team, ActivationForm::blocks, x.data(), 6, columns, 1030);
      for (std::size_t row = 0; row < 6; ++row) {
        std::vector<quant::BlockQ8K> want(columns / 256);
        quant::quantize_q8_k(&x[row * 1030], columns, want.data());
        const quant::BlockQ8K* got = blocks.blocks + row * want.size();
        EXPECT_EQ(std::memcmp(want.data(), got, want.size() * sizeof(quant::BlockQ8K)), 0);
      }
    }
  }
}

TEST(activations, stay_as_they_are_beside_floats) {
  Team team(1);
  Activations activations;
  const std::vector<float> x(20);
  for (const Type type : {Type::f32, Type::f16, Type::bf16}) {
    EXPECT_EQ(form_for(type), ActivationForm::plain);
  }
  const auto made = activations.make(best_isa(), team, ActivationForm::plain, x.data(), 2, 7, 10);
  EXPECT_EQ(made.plain, x.data());
  EXPECT_EQ(made.plain_stride, 10u);
  EXPECT_EQ(made.columns, 7u);
}

}  // namespace
}  // namespace ds4::device
