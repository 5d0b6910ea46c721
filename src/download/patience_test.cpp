#include "download/patience.h"

#include <gtest/gtest.h>

namespace ds4::download {
namespace {

TEST(patience, waits_longer_each_time_and_ends) {
  Patience patience(5, 1);
  for (const double about : {1.0, 2.0, 4.0, 8.0}) {
    const auto wait = patience.failed(0);
    ASSERT_TRUE(wait);
    EXPECT_GE(*wait, about * 0.75);
    EXPECT_LE(*wait, about * 1.25);
  }
  EXPECT_FALSE(patience.failed(0));
  EXPECT_EQ(patience.failures(), 5);
}

TEST(patience, success_begins_anew) {
  Patience patience(2, 1);
  EXPECT_TRUE(patience.failed(0));
  patience.succeeded();
  const auto wait = patience.failed(0);
  ASSERT_TRUE(wait);
  EXPECT_LE(*wait, 1.25);
}

TEST(patience, has_bounds) {
  Patience patience(1000, 1);
  for (int i = 0; i < 900; ++i) {
    const auto wait = patience.failed(0);
    ASSERT_TRUE(wait);
    EXPECT_LE(*wait, 37.5);
  }
}

TEST(patience, waits_as_long_as_it_was_asked_to_within_reason) {
  Patience patience(10, 0.001);
  EXPECT_GE(patience.failed(20).value_or(0), 20);
  EXPECT_FALSE(patience.failed(601));
}

}  // namespace
}  // namespace ds4::download
