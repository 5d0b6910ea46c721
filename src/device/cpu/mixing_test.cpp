#include "device/cpu/mixing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "device/cpu/scratch_needs.h"
#include "device/cpu/test_rows.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;
using quant::Type;

void expect_near(const std::vector<float>& got, const std::vector<float>& want, double relative,
                 double absolute, const char* what) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], want[i], relative * std::abs(want[i]) + absolute) << what << " " << i;
  }
}

TEST(mixing, matches_the_golden_vectors) {
  const auto z = golden("hc_mixes");
  const auto scale = golden("hc_scale"), base = golden("hc_base");
  MixNumbers numbers;
  std::copy(base.begin(), base.end(), numbers.base);
  std::copy(scale.begin(), scale.end(), numbers.scale);
  for (const Isa isa : runnable_isas()) {
    for (const bool once : {false, true}) {
      std::vector<float> pre(32 * 4), post(32 * 4), comb(32 * 16);
      for (std::size_t row = 0; row < 32; ++row) {
        mix_row(isa, z.data() + row * 24, 1, numbers, 1e-6f, once ? 1 : 20, pre.data() + row * 4,
                post.data() + row * 4, comb.data() + row * 16);
      }
      expect_near(pre, golden("hc_pre"), 1e-6, 0, "pre");
      expect_near(post, golden("hc_post"), 1e-6, 0, "post");
      // Twenty rounds of f32 divisions in the reference too.
      expect_near(comb, golden(once ? "hc_comb_iter1" : "hc_comb"), 1e-6, 3e-7, "comb");
    }
  }
}

// One site with random weights, and what it makes of random streams.
struct Site {
  static constexpr float kNormEpsilon = 1e-6f, kMixingEpsilon = 1e-6f;

  Site(Type type, std::uint32_t site_width, std::uint32_t outputs)
      : width(site_width),
        fn(type, random_floats(1, std::size_t{outputs} * 4 * width, 0.05f), outputs),
        base(Type::f32, random_floats(2, outputs, 0.5f)),
        scale(Type::f32, random_floats(3, outputs == 4 ? 1 : 3, 0.7f)),
        norm(Type::f16, random_floats(4, width)) {}

  Mix mix() const { return {&fn.weight, &base.weight, &scale.weight}; }

  // As docs/numerics.md and the paper have it, in double.
  struct Row {
    std::vector<double> pre, post, comb, normed;
  };
  Row reference(const float* streams) const {
    const std::size_t n = 4 * std::size_t{width}, outputs = fn.weight.rows;
    double squares = 0;
    for (std::size_t k = 0; k < n; ++k) squares += double{streams[k]} * streams[k];
    const double rho = 1 / std::sqrt(squares / static_cast<double>(n) + double{kNormEpsilon});
    std::vector<double> mixed(outputs);
    for (std::size_t i = 0; i < outputs; ++i) {
      double z = 0;
      for (std::size_t k = 0; k < n; ++k) z += double{fn.values[i * n + k]} * streams[k];
      mixed[i] = z * rho * scale.values[i < 4 ? 0 : i < 8 ? 1 : 2] + base.values[i];
    }
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    Row row;
    for (std::size_t m = 0; m < 4; ++m) row.pre.push_back(sigmoid(mixed[m]) + kMixingEpsilon);
    if (outputs == 24) {
      for (std::size_t m = 0; m < 4; ++m) row.post.push_back(2 * sigmoid(mixed[4 + m]));
      row.comb = sinkhorn(mixed.data() + 8);
    }
    squares = 0;
    for (std::size_t k = 0; k < width; ++k) {
      double x = 0;
      for (std::size_t m = 0; m < 4; ++m) x += row.pre[m] * streams[m * width + k];
      row.normed.push_back(x);
      squares += x * x;
    }
    const double by = 1 / std::sqrt(squares / width + double{kNormEpsilon});
    for (std::size_t k = 0; k < width; ++k) row.normed[k] *= by * norm.values[k];
    return row;
  }
  static std::vector<double> sinkhorn(const double* logits) {
    double c[4][4];
    for (int i = 0; i < 4; ++i) {
      const double most = *std::max_element(logits + 4 * i, logits + 4 * i + 4);
      double total = 0;
      for (int j = 0; j < 4; ++j) total += c[i][j] = std::exp(logits[4 * i + j] - most);
      for (int j = 0; j < 4; ++j) c[i][j] = c[i][j] / total + kMixingEpsilon;
    }
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 4 && round > 0; ++i) {
        const double total = c[i][0] + c[i][1] + c[i][2] + c[i][3] + kMixingEpsilon;
        for (int j = 0; j < 4; ++j) c[i][j] /= total;
      }
      for (int j = 0; j < 4; ++j) {
        const double total = c[0][j] + c[1][j] + c[2][j] + c[3][j] + kMixingEpsilon;
        for (int i = 0; i < 4; ++i) c[i][j] /= total;
      }
    }
    return {&c[0][0], &c[0][0] + 16};
  }

  std::uint32_t width;
  TestWeight fn, base, scale, norm;
};

struct Collapsed {
  std::vector<float> normed, post, comb;
};

// What an operation borrows.
struct Borrowed {
  Borrowed(int threads, std::uint32_t rows, std::uint32_t width)
      : team(threads), scratch(team.size()) {
    Capacity capacity;
    capacity.rows = rows;
    capacity.width_max = 4 * width;
    activations.reserve(rows, 4 * std::size_t{width});
    scratch.reserve_worker(mixing_needs(capacity).worker_bytes);
    scratch.reserve_shared(mixing_needs(capacity).shared_bytes);
  }
  Team team;
  Activations activations;
  Scratch scratch;
};

Collapsed run_collapse(Isa isa, int threads, const Site& site, const std::vector<float>& streams) {
  const auto rows = static_cast<std::uint32_t>(streams.size() / (4 * site.width));
  Borrowed borrowed(threads, rows, site.width);
  Collapsed out{std::vector<float>(std::size_t{rows} * site.width), std::vector<float>(rows * 4),
                std::vector<float>(rows * 16)};
  CollapseArgs args;
  args.mix = site.mix();
  args.norm = &site.norm.weight;
  args.streams = streams.data();
  args.rows = rows;
  args.width = site.width;
  args.iterations = 20;
  args.norm_epsilon = Site::kNormEpsilon;
  args.mixing_epsilon = Site::kMixingEpsilon;
  args.normed = out.normed.data();
  args.post = out.post.data();
  args.comb = out.comb.data();
  collapse(isa, borrowed.team, borrowed.activations, borrowed.scratch, args);
  return out;
}

void expect_close(const float* got, const std::vector<double>& want, double tolerance) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR(got[i], want[i], tolerance * (1 + std::abs(want[i]))) << i;
  }
}

TEST(collapse, matches_a_double_reference) {
  for (const std::uint32_t width : {20u, 64u, 333u, 1024u}) {
    for (const Type type : {Type::f32, Type::f16, Type::bf16}) {
      const Site site(type, width, 24);
      const std::uint32_t rows = 3;
      const auto streams = random_floats(width, std::size_t{rows} * 4 * width);
      const Collapsed got = run_collapse(best_isa(), 1, site, streams);
      for (std::size_t row = 0; row < rows; ++row) {
        const Site::Row want = site.reference(streams.data() + row * 4 * width);
        expect_close(got.post.data() + row * 4, want.post, 5e-6);
        expect_close(got.comb.data() + row * 16, want.comb, 5e-6);
        expect_close(got.normed.data() + row * width, want.normed, 1e-5);
      }
    }
  }
}

// A projection in blocks of codes sees rounded streams: looser, and wrong only by that.
TEST(collapse, takes_a_quantized_projection) {
  const Site site(Type::q8_0, 256, 24);
  const auto streams = random_floats(5, 2 * 4 * 256);
  const Collapsed got = run_collapse(best_isa(), 2, site, streams);
  for (std::size_t row = 0; row < 2; ++row) {
    const Site::Row want = site.reference(streams.data() + row * 4 * 256);
    expect_close(got.post.data() + row * 4, want.post, 0.02);
    expect_close(got.comb.data() + row * 16, want.comb, 0.02);
    expect_close(got.normed.data() + row * 256, want.normed, 0.02);
  }
}

TEST(collapse, has_the_same_bits_everywhere) {
  for (const Type type : {Type::f32, Type::f16, Type::q8_0}) {
    const std::uint32_t width = 1096, rows = 14;
    const Site site(type, width, 24);
    const auto streams = random_floats(9, std::size_t{rows} * 4 * width);
    const Collapsed want = run_collapse(Isa::portable, 1, site, streams);
    for (const Isa isa : runnable_isas()) {
      for (const int threads : {1, 2, 3, 8}) {
        const Collapsed got = run_collapse(isa, threads, site, streams);
        expect_same_bits(got.normed, want.normed);
        expect_same_bits(got.post, want.post);
        expect_same_bits(got.comb, want.comb);
      }
      // A row alone.
      const std::vector<float> last(streams.end() - 4 * width, streams.end());
      const Collapsed one = run_collapse(isa, 3, site, last);
      expect_same_bits(one.normed, {want.normed.end() - width, want.normed.end()});
      expect_same_bits(one.comb, {want.comb.end() - 16, want.comb.end()});
    }
  }
}

TEST(collapse, of_the_head_takes_the_rows_it_is_told) {
  const std::uint32_t width = 100;
  const std::vector<std::uint32_t> rows = {4, 0, 3, 6};
  for (const Type type : {Type::f32, Type::f16}) {
    const Site site(type, width, 4);
    const auto streams = random_floats(10, std::size_t{7} * 4 * width);
    std::vector<float> first;
    for (const Isa isa : runnable_isas()) {
      for (const int threads : {1, 2, 8}) {
        Borrowed borrowed(threads, 7, width);
        std::vector<float> normed(rows.size() * width);
        CollapseHeadArgs args;
        args.mix = site.mix();
        args.norm = &site.norm.weight;
        args.streams = streams.data();
        args.rows = rows;
        args.width = width;
        args.norm_epsilon = Site::kNormEpsilon;
        args.mixing_epsilon = Site::kMixingEpsilon;
        args.normed = normed.data();
        collapse_head(isa, borrowed.team, borrowed.activations, borrowed.scratch, args);
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const Site::Row want = site.reference(streams.data() + std::size_t{rows[i]} * 4 * width);
          expect_close(normed.data() + i * width, want.normed, 1e-5);
        }
        if (first.empty()) first = normed;
        expect_same_bits(normed, first);
      }
    }
  }
}

TEST(expand, matches_a_double_reference_and_has_the_same_bits_everywhere) {
  for (const std::uint32_t width : {5u, 16u, 100u, 1100u, 3000u}) {
    for (const std::uint32_t rows : {1u, 5u}) {
      const auto y = random_floats(1, std::size_t{rows} * width);
      const auto post = random_floats(2, rows * 4), comb = random_floats(3, rows * 16);
      const auto streams = random_floats(4, std::size_t{rows} * 4 * width);
      std::vector<float> first;
      for (const Isa isa : runnable_isas()) {
        for (const int threads : {1, 2, 3, 8}) {
          Team team(threads);
          auto got = streams;
          expand(isa, team, y.data(), post.data(), comb.data(), rows, width, got.data());
          if (first.empty()) first = got;
          expect_same_bits(got, first);
        }
      }
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t j = 0; j < 4; ++j) {
          for (std::size_t k = 0; k < width; ++k) {
            double want = double{post[row * 4 + j]} * y[row * width + k];
            for (std::size_t i = 0; i < 4; ++i) {
              want += double{comb[row * 16 + 4 * i + j]} * streams[(row * 4 + i) * width + k];
            }
            ASSERT_NEAR(first[(row * 4 + j) * width + k], want, 5e-6);
          }
        }
      }
    }
  }
}

TEST(embed, gives_every_stream_the_row_of_the_token) {
  const std::uint32_t width = 512;
  for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::q8_0, Type::q4_k}) {
    const TestWeight table(type, random_floats(1, 9 * width), 9);
    const std::int32_t tokens[] = {8, 0, 3};
    Team team(2);
    std::vector<float> streams(3 * 4 * width);
    embed(team, table.weight, tokens, 3, 4, streams.data());
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const auto token = static_cast<std::size_t>(tokens[i / (4 * width)]);
      ASSERT_EQ(streams[i], table.values[token * width + i % width]);
    }
  }
}

TEST(direction, is_added_to_every_row) {
  const std::uint32_t rows = 9, width = 37;
  const auto direction = random_floats(1, width), x = random_floats(2, rows * width);
  for (const Isa isa : runnable_isas()) {
    Team team(2);
    auto out = x;
    add_direction(isa, team, direction.data(), -1.5f, rows, width, out.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(out[i], std::fma(-1.5f, direction[i % width], x[i]));
    }
  }
}

}  // namespace
}  // namespace ds4::device
