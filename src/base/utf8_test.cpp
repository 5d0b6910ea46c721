#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ds4 {
namespace {

TEST(utf8, accepts_well_formed_and_refuses_the_rest) {
  EXPECT_TRUE(is_valid_utf8("plain, é, 中, 😀, \U0010FFFF"));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC2", "\xE0\x80\x80", "\xED\xA0\x80", "\xE4\xB8",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

TEST(utf8, printable_form_is_safe_on_a_terminal) {
  EXPECT_EQ(printable("a\x1b[31m\n\xFF é"), "a\\x1b[31m\\x0a\\xff é");
  EXPECT_EQ(printable(std::string(300, 'a')), std::string(200, 'a') + "...");
}

}  // namespace
}  // namespace ds4
