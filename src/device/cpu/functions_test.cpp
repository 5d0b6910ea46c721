// The functions against the C library's double ones over a dense set of f32 numbers, and bit for
// bit between instruction sets.

#include "device/cpu/functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace ds4::device {
enum class Function { exp, log1p, sigmoid, silu, softplus, sine, cosine };
}

#define DS4_BODY "device/cpu/functions_test.inc"
#include "device/cpu/for_each_isa.inc"

namespace ds4::device {
namespace {

constexpr Function kAll[] = {Function::exp,      Function::log1p, Function::sigmoid, Function::silu,
                             Function::softplus, Function::sine,  Function::cosine};
constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> apply(Isa isa, Function function, const std::vector<float>& in) {
  std::vector<float> out(in.size());
  DS4_ON_ISA(isa, map)(function, in.data(), in.size(), out.data());
  return out;
}

// Every `stride`-th f32 number from `low` to `high`, both positive or zero, with `sign`.
std::vector<float> numbers(float low, float high, std::uint32_t stride, float sign = 1) {
  std::vector<float> list;
  const auto last = std::bit_cast<std::uint32_t>(high);
  for (auto bits = std::bit_cast<std::uint32_t>(low); bits <= last; bits += stride) {
    list.push_back(sign * std::bit_cast<float>(bits));
  }
  list.push_back(sign * high);
  while (list.size() % 16 != 0) list.push_back(sign * low);
  return list;
}

void append(std::vector<float>& list, const std::vector<float>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

// The distance of f32 numbers at `value`; subnormal ones are all as far apart.
double ulp(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);
  return std::ldexp(1.0, std::max(exponent - 24, -149));
}

// The largest error in units of the last place of the true result.
template <class Reference>
double worst(Function function, const std::vector<float>& in, Reference reference) {
  const std::vector<float> got = apply(best_isa(), function, in);
  double largest = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double want = reference(static_cast<double>(in[i]));
    const double error = std::abs(static_cast<double>(got[i]) - want) / ulp(want);
    if (error > largest || std::isnan(error)) {
      largest = std::isnan(error) ? 1e30 : error;
      if (largest > 2.5) ADD_FAILURE() << in[i] << ": " << got[i] << ", not " << want;
    }
    if (testing::Test::HasFailure()) break;
  }
  return largest;
}

double reference_sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST(functions, exp_is_within_one_ulp) {
  auto in = numbers(0, 88.72f, 1499);
  append(in, numbers(0, 104.5f, 1499, -1));
  EXPECT_LT(worst(Function::exp, in, [](double x) { return std::exp(x); }), 1.0);
}

TEST(functions, exp_ends_in_zero_and_infinity) {
  const std::vector<float> in = {-kInfinity, -3e38f, -1000, -105,  -104.5f, 89,   1000, 3e38f,
                                 kInfinity,  0,      -0.0f, 88.8f, 88.72f,  -103, kNan, -150};
  const float normal = std::exp(88.72f);
  for (const Isa isa : runnable_isas()) {
    const auto out = apply(isa, Function::exp, in);
    for (const int zero : {0, 1, 2, 3, 4, 15}) EXPECT_EQ(out[zero], 0) << in[zero];
    for (const int large : {5, 6, 7, 8, 11}) EXPECT_EQ(out[large], kInfinity) << in[large];
    EXPECT_EQ(out[9], 1);
    EXPECT_EQ(out[10], 1);
    EXPECT_NEAR(out[12] / normal, 1, 1e-6);
    EXPECT_GT(out[13], 0);
    EXPECT_TRUE(std::isnan(out[14]));
  }
}

TEST(functions, log1p_is_within_two_ulp) {
  const auto in = numbers(0, std::numeric_limits<float>::max(), 1499);
  EXPECT_LT(worst(Function::log1p, in, [](double x) { return std::log1p(x); }), 1.5);
  const auto infinite = apply(best_isa(), Function::log1p, std::vector<float>(16, kInfinity));
  EXPECT_EQ(infinite[0], kInfinity);
}

// The formula itself costs 2.5: half an ulp of exp, of the sum and of the quotient, each up to
// twice an ulp of the result.
TEST(functions, sigmoid_is_within_the_error_of_its_formula) {
  auto in = numbers(0, 200, 1499);
  append(in, numbers(0, 87, 1499, -1));
  EXPECT_LT(worst(Function::sigmoid, in, reference_sigmoid), 2.5);
}

TEST(functions, sigmoid_silu_and_softplus_stay_sane_far_out) {
  const std::vector<float> in = {-kInfinity, -1000, -100, 100, 1000, kInfinity, 20, 21,
                                 kNan,       0,     -1,   1,   -20,  20.5f,     5,  -5};
  for (const Isa isa : runnable_isas()) {
    const auto s = apply(isa, Function::sigmoid, in);
    const auto g = apply(isa, Function::silu, in);
    const auto p = apply(isa, Function::softplus, in);
    EXPECT_EQ(s[0], 0);
    EXPECT_EQ(s[1], 0);
    EXPECT_NEAR(s[2], 0, 1e-37);
    EXPECT_EQ(s[3], 1);
    EXPECT_EQ(s[5], 1);
    EXPECT_EQ(g[1], 0);
    EXPECT_EQ(g[4], 1000);
    EXPECT_EQ(p[0], 0);
    EXPECT_EQ(p[1], 0);
    EXPECT_EQ(p[4], 1000);
    EXPECT_EQ(p[5], kInfinity);
    EXPECT_EQ(p[7], 21);
    EXPECT_TRUE(std::isnan(s[8]) && std::isnan(g[8]) && std::isnan(p[8]));
  }
}

TEST(functions, softplus_is_close) {
  auto in = numbers(0, 100, 1499);
  append(in, numbers(0, 87, 1499, -1));
  const auto got = apply(best_isa(), Function::softplus, in);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double want = std::log1p(std::exp(static_cast<double>(in[i])));
    ASSERT_NEAR(got[i] / want, 1, 4e-7) << in[i];
  }
}

TEST(functions, sine_and_cosine_are_within_one_ulp) {
  auto in = numbers(0, 16777216.0f, 997);
  append(in, numbers(1, 16777216.0f, 4999, -1));
  EXPECT_LT(worst(Function::sine, in, [](double x) { return std::sin(x); }), 1.0);
  EXPECT_LT(worst(Function::cosine, in, [](double x) { return std::cos(x); }), 1.0);
}

TEST(functions, sine_and_cosine_next_to_quarter_turns) {
  std::vector<float> in;
  for (int quarter = 1; quarter < 1 << 20; quarter += 3) {
    const auto nearest = static_cast<float>(quarter * 1.5707963267948966);
    in.push_back(nearest);
  }
  while (in.size() % 16 != 0) in.push_back(1);
  EXPECT_LT(worst(Function::sine, in, [](double x) { return std::sin(x); }), 1.0);
  EXPECT_LT(worst(Function::cosine, in, [](double x) { return std::cos(x); }), 1.0);
}

TEST(functions, every_instruction_set_gives_the_same_bits) {
  std::vector<float> positive = numbers(0, 16777216.0f, 9973);
  append(positive, numbers(0, kInfinity, 19997));
  std::vector<float> all = positive;
  append(all, numbers(0, 200, 9973, -1));
  append(all, numbers(0, 16777216.0f, 39989, -1));
  append(all, numbers(0, kInfinity, 99989, -1));
  for (const Function function : kAll) {
    const auto& in = function == Function::log1p ? positive : all;
    const auto want = apply(Isa::portable, function, in);
    for (const Isa isa : runnable_isas()) {
      const auto got = apply(isa, function, in);
      for (std::size_t i = 0; i < in.size(); ++i) {
        if (std::isnan(want[i]) && std::isnan(got[i])) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(want[i]))
            << name_of(isa) << ", function " << static_cast<int>(function) << " of " << in[i];
      }
    }
  }
}

TEST(functions, plain_ones_are_the_same) {
  const auto in = numbers(0, 100, 1000003);
  const auto e = apply(Isa::portable, Function::exp, in);
  const auto l = apply(Isa::portable, Function::log1p, in);
  const auto g = apply(Isa::portable, Function::sigmoid, in);
  const auto p = apply(Isa::portable, Function::softplus, in);
  const auto s = apply(Isa::portable, Function::sine, in);
  const auto c = apply(Isa::portable, Function::cosine, in);
  for (std::size_t i = 0; i < in.size(); ++i) {
    ASSERT_EQ(canonical_exp(in[i]), e[i]);
    ASSERT_EQ(canonical_log1p(in[i]), l[i]);
    ASSERT_EQ(canonical_sigmoid(in[i]), g[i]);
    ASSERT_EQ(canonical_softplus(in[i]), p[i]);
    float sine = 0, cosine = 0;
    canonical_sincos(in[i], sine, cosine);
    ASSERT_EQ(sine, s[i]);
    ASSERT_EQ(cosine, c[i]);
  }
}

}  // namespace
}  // namespace ds4::device
