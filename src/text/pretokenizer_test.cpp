#include "text/pretokenizer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/json.h"

namespace ds4::text {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string joined(std::string_view run) {
  std::string out;
  for (const std::string_view piece : split_pieces(run)) {
    if (!out.empty()) out += "·";
    out += piece;
  }
  return out;
}

TEST(pretokenizer, splits_as_the_worked_table) {
  EXPECT_EQ(joined("12345"), "123·45");
  EXPECT_EQ(joined("a 1"), "a· ·1");
  EXPECT_EQ(joined("a  1"), "a·  ·1");
  EXPECT_EQ(joined("a  b"), "a· · b");
  EXPECT_EQ(joined("a  中"), "a·  ·中");
  EXPECT_EQ(joined("中 文"), "中· ·文");
  EXPECT_EQ(joined("can't"), "can·'t");
  EXPECT_EQ(joined("foo.bar"), "foo·.bar");
  EXPECT_EQ(joined("foo::bar"), "foo·::·bar");
  EXPECT_EQ(joined(".naïve"), ".na·ïve");
  EXPECT_EQ(split_pieces("カ・タ"), (std::vector<std::string_view>{"カ", "・", "タ"}));
  EXPECT_EQ(joined("abc中文def"), "abc·中文·def");
  EXPECT_EQ(joined("a㐀b"), "a㐀b");
  EXPECT_EQ(joined("a鿖b"), "a鿖b");
  EXPECT_EQ(joined("a한국b"), "a한국b");
  EXPECT_EQ(joined("aｶﾀb"), "aｶﾀb");
  EXPECT_EQ(joined(");\n\nx"), ");\n\n·x");
  EXPECT_EQ(joined("x \n\n  y"), "x· \n\n· · y");
  EXPECT_EQ(joined("❤️abc"), "❤·️abc");
  EXPECT_EQ(joined("👨‍👩"), "👨·\u200D·👩");
  EXPECT_EQ(joined("1️⃣"), "1·️⃣");
  EXPECT_EQ(joined("・\n"), "・·\n");  // the newline is in another segment than the mark
  EXPECT_EQ(joined(""), "");
}

TEST(pretokenizer, splits_as_the_vectors) {
  const auto file = parse_json(read_file(DS4_SOURCE_DIR "/tests/vectors/tokenizer/text.json"));
  ASSERT_TRUE(file.ok());
  int count = 0;
  for (const Json& test : file->find("cases")->as_array()) {
    const std::string& text = test.find("text")->as_string();
    std::vector<std::string_view> expected;
    for (const Json& piece : test.find("pieces")->as_array()) {
      expected.push_back(piece.as_string());
    }
    EXPECT_EQ(split_pieces(text), expected) << test.find("id")->as_string() << " " << text;
    ++count;
  }
  EXPECT_EQ(count, 270);
}

}  // namespace
}  // namespace ds4::text
