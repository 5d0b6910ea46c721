#include "text/added_tokens.h"

#include <gtest/gtest.h>

namespace ds4::text {
namespace {

AddedTokens matcher(const std::vector<std::string_view>& literals) {
  AddedTokens added;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    EXPECT_TRUE(added.add(literals[i], static_cast<Token>(i)));
  }
  return added;
}

std::string found(const AddedTokens& added, std::string_view text) {
  std::string out;
  for (std::size_t from = 0; const auto match = added.find(text, from);) {
    out += std::to_string(match->at) + "+" + std::to_string(match->size) + "=" +
           std::to_string(match->token) + " ";
    from = match->at + match->size;
  }
  return out;
}

TEST(added_tokens, finds_the_leftmost_and_there_the_longest) {
  const AddedTokens added = matcher({"<a>", "<a>b", "<a><c>d", "b<", "<"});
  EXPECT_EQ(found(added, "<a>b<a>"), "0+4=1 4+3=0 ");
  EXPECT_EQ(found(added, "<a><c>"), "0+3=0 3+1=4 ");
  EXPECT_EQ(found(added, "<a><c>d"), "0+7=2 ");
  EXPECT_EQ(found(added, "xb<a>"), "1+2=3 ");
  EXPECT_EQ(found(added, "a>"), "");
  EXPECT_EQ(found(added, ""), "");
  EXPECT_EQ(added.exact("<a>b"), 1);
  EXPECT_EQ(added.exact("<a"), std::nullopt);
  EXPECT_EQ(added.exact(""), std::nullopt);
  AddedTokens twice = matcher({"x"});
  EXPECT_FALSE(twice.add("x", 9));
}

TEST(added_tokens, knows_what_more_text_could_complete) {
  const AddedTokens added = matcher({"<a>", "<a>b", "<a><c>d"});
  EXPECT_EQ(added.first_unsettled("xx"), 2u);
  EXPECT_EQ(added.first_unsettled("xx<"), 2u);
  EXPECT_EQ(added.first_unsettled("xx<a>"), 2u);   // "<a>b" may follow
  EXPECT_EQ(added.first_unsettled("xx<a>b"), 6u);  // nothing longer
  EXPECT_EQ(added.first_unsettled("<a><c>"), 0u);
  EXPECT_EQ(added.first_unsettled("<a><c>", 3), 6u);
  EXPECT_EQ(added.first_unsettled("<b<a"), 2u);
}

}  // namespace
}  // namespace ds4::text
