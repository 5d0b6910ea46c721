#include "text/detokenizer.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "text/random_text.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::text {
namespace {

TEST(utf8_stream, equals_decoding_at_once_for_every_split) {
  RandomText random(2);
  for (int i = 0; i < 20000; ++i) {
    const std::string bytes = random.broken(12);
    Utf8Stream stream;
    std::string out;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t size = 1 + random.below(std::min<std::size_t>(rest.size(), 4));
      const std::size_t before = out.size();
      stream.push(rest.substr(0, size), out);
      ASSERT_TRUE(is_valid_utf8(std::string_view(out).substr(before)));
      rest.remove_prefix(size);
    }
    stream.finish(out);
    ASSERT_EQ(out, to_valid_utf8(bytes));
  }
}

TEST(detokenizer_v4, streams_as_the_vectors) {
  DS4_NEED_V4_VOCABULARY();
  const auto file =
      parse_json(read_whole_file(DS4_SOURCE_DIR "/tests/vectors/tokenizer/stream.json"));
  ASSERT_TRUE(file.ok());
  for (const Json& test : file->find("cases")->as_array()) {
    Detokenizer detokenizer(v4_tokenizer());
    std::string all;
    const auto& ids = test.find("ids")->as_array();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto token = static_cast<Token>(*ids[i].as_int());
      std::string hex;
      for (const char byte : v4_tokenizer().token_bytes(token)) {
        constexpr char kDigits[] = "0123456789abcdef";
        hex += kDigits[static_cast<unsigned char>(byte) >> 4];
        hex += kDigits[static_cast<unsigned char>(byte) & 15];
      }
      EXPECT_EQ(hex, test.find("token_bytes_hex")->as_array()[i].as_string());
      std::string delta;
      detokenizer.push(token, delta);
      EXPECT_EQ(delta, test.find("deltas")->as_array()[i].as_string());
      all += delta;
    }
    detokenizer.finish(all);
    EXPECT_EQ(all, test.find("text")->as_string());
  }
}

TEST(detokenizer_v4, any_tokens_stream_to_the_text_of_all) {
  DS4_NEED_V4_VOCABULARY();
  RandomText random(3);
  for (int i = 0; i < 2000; ++i) {
    std::vector<Token> tokens(random.below(40));
    // Single bytes are the ones that break characters.
    for (Token& token : tokens) {
      token =
          static_cast<Token>(random.below(2) == 0 ? 3 + random.below(256) : random.below(129280));
    }
    Detokenizer detokenizer(v4_tokenizer());
    std::string out;
    for (const Token token : tokens) {
      detokenizer.push(token, out);
      ASSERT_TRUE(is_valid_utf8(out));
    }
    detokenizer.finish(out);
    ASSERT_EQ(out, to_valid_utf8(v4_tokenizer().decode(tokens)));
  }
}

}  // namespace
}  // namespace ds4::text
