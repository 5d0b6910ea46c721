#include "download/sha256.h"

#include <gtest/gtest.h>

namespace ds4::download {
namespace {

std::string sum_of(std::string_view text, std::size_t step = 1000) {
  Sha256 sum;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    sum.add(std::as_bytes(std::span(text.substr(0, step))));
  }
  return sum.finish();
}

// The examples of NIST (FIPS 180-2, appendix B, and the empty message of its validation system).
TEST(sha256, gives_the_published_sums) {
  EXPECT_EQ(sum_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sum_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sum_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sum_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256, does_not_depend_on_the_pieces) {
  const std::string text(10'000, 'x');
  for (const std::size_t step : {1, 63, 64, 65, 10'000})
    EXPECT_EQ(sum_of(text, step), sum_of(text));
}

TEST(sha256, knows_how_a_sum_is_written) {
  const std::string sum = sum_of("abc");
  EXPECT_TRUE(is_sha256(sum));
  EXPECT_TRUE(is_sha256(std::string(64, 'A')));
  EXPECT_FALSE(is_sha256(sum.substr(1)));
  EXPECT_FALSE(is_sha256(sum + "0"));
  EXPECT_FALSE(is_sha256("g" + sum.substr(1)));
}

}  // namespace
}  // namespace ds4::download
