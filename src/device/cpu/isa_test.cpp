#include "device/cpu/isa.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace ds4::device {
namespace {

bool runs(Isa isa) {
  return std::ranges::find(runnable_isas(), isa) != runnable_isas().end();
}

TEST(isa, is_found_by_its_name_where_it_runs) {
  const std::pair<Isa, std::string> names[] = {
      {Isa::portable, "portable"}, {Isa::avx2, "avx2"}, {Isa::avx512, "avx512"},
      {Isa::amx, "amx"},           {Isa::neon, "neon"}, {Isa::neon_i8mm, "neon-i8mm"}};
  for (const auto& [isa, name] : names) {
    SCOPED_TRACE(name);
    const auto found = find_isa(name);
    ASSERT_EQ(static_cast<bool>(found), runs(isa));
    if (found) {
      EXPECT_EQ(*found, isa);
    }
  }
}

TEST(isa, of_an_unknown_name_is_an_error_that_lists_those_that_run) {
  const auto found = find_isa("sse");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("'sse'"), std::string::npos) << found.error().message;
  EXPECT_NE(found.error().message.find("portable"), std::string::npos) << found.error().message;
}

TEST(isa, comes_after_those_it_builds_on) {
  EXPECT_EQ(runnable_isas().front(), Isa::portable);
  EXPECT_EQ(runnable_isas().back(), best_isa());
  if (runs(Isa::avx512)) {
    EXPECT_TRUE(runs(Isa::avx2));
    EXPECT_EQ(best_isa(), runs(Isa::amx) ? Isa::amx : Isa::avx512);
  }
  if (runs(Isa::amx)) {
    EXPECT_TRUE(runs(Isa::avx512));
  }
  if (runs(Isa::neon_i8mm)) {
    EXPECT_TRUE(runs(Isa::neon));
    EXPECT_EQ(best_isa(), Isa::neon_i8mm);
  }
}

}  // namespace
}  // namespace ds4::device
