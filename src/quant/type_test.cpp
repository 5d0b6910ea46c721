#include "quant/type.h"

#include <gtest/gtest.h>

namespace ds4::quant {
namespace {

TEST(type, table_is_ordered_and_found_by_id) {
  std::uint32_t last = 0;
  for (const TypeInfo& entry : all_types()) {
    const auto id = static_cast<std::uint32_t>(entry.type);
    EXPECT_TRUE(id == 0 || id > last);
    last = id;
    EXPECT_EQ(find_type(id), &entry);
  }
  EXPECT_EQ(find_type(4), nullptr);
  EXPECT_EQ(find_type(42), nullptr);
  EXPECT_EQ(find_type(0xFFFFFFFF), nullptr);
}

TEST(type, rows_of_one_flash_expert) {
  EXPECT_EQ(row_bytes(Type::iq2_xxs, 4096), 1056u);
  EXPECT_EQ(row_bytes(Type::q2_k, 2048), 672u);
  EXPECT_EQ(row_bytes(Type::mxfp4, 4096), 2176u);
  EXPECT_EQ(row_bytes(Type::q4_k, 2048), 1152u);
}

}  // namespace
}  // namespace ds4::quant
