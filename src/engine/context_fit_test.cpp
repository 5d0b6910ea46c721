#include "engine/context_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ds4::engine {
namespace {

using testing::HasSubstr;

// Flash with resident weights of 8 GiB; its state takes about 3.5 KB a token.
class context_fit : public testing::Test {
 protected:
  Result<std::uint64_t> fit(std::uint64_t tokens, std::uint64_t available) const {
    return fit_context(shape, weights, {.tokens = tokens, .available_bytes = available});
  }
  std::uint64_t needed(std::uint64_t tokens) const {
    return needed_bytes(shape, model::plan_memory(shape, weights, tokens), true);
  }

  const model::Shape& shape = model::flash_shape();
  const std::vector<model::WeightBytes> weights = {
      {.role = model::Role::attention, .bytes = std::uint64_t{8} << 30},
      {.role = model::Role::routed, .bytes = std::uint64_t{70} << 30}};
};

TEST_F(context_fit, routed_experts_may_stay_on_disk) {
  EXPECT_EQ(*fit(0, std::uint64_t{16} << 30), kDefaultContext);
  EXPECT_EQ(*fit(100000, std::uint64_t{16} << 30), 100000u);
}

TEST_F(context_fit, what_does_not_fit_is_refused_with_what_would) {
  const auto refused = fit(1000000, needed(500000));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("1,000,000 tokens"));
  const std::size_t at = refused.error().message.find("--ctx ");
  ASSERT_NE(at, std::string::npos);
  const std::uint64_t largest = std::stoull(refused.error().message.substr(at + 6));
  EXPECT_EQ(largest, 500000 / 128 * 128);
  EXPECT_TRUE(fit(largest, needed(500000)).ok());
  EXPECT_FALSE(fit(largest + 128, needed(500000)).ok());
}

TEST_F(context_fit, without_a_wish_it_takes_what_there_is) {
  EXPECT_EQ(*fit(0, needed(10000)), 10000u / 128 * 128);
}

TEST_F(context_fit, nothing_fits_into_nothing) {
  EXPECT_THAT(fit(0, 1 << 30).error().message, HasSubstr("not even the shortest"));
  EXPECT_THAT(fit(4096, 1 << 30).error().message, HasSubstr("not even the shortest"));
}

TEST_F(context_fit, ends_where_the_model_ends) {
  EXPECT_THAT(fit(shape.context_tokens + 1, ~std::uint64_t{0}).error().message,
              HasSubstr("more than the model's"));
  model::Shape small = shape;
  small.context_tokens = 4096;
  EXPECT_EQ(*fit_context(small, weights, {.available_bytes = ~std::uint64_t{0}}), 4096u);
}

}  // namespace
}  // namespace ds4::engine
