#include "terminal/key_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ds4::terminal {
namespace {

std::vector<Key> keys_of(std::string_view bytes) {
  KeyReader reader;
  reader.push(bytes);
  std::vector<Key> keys;
  while (auto key = reader.next()) keys.push_back(*key);
  reader.no_more_soon();
  while (auto key = reader.next()) keys.push_back(*key);
  return keys;
}
Key ctrl(std::string text) {
  return {KeyCode::text, std::move(text), /*ctrl=*/true};
}
Key with(KeyCode code, bool ctrl, bool alt, bool shift) {
  return {code, {}, ctrl, alt, shift};
}

TEST(key_reader, reads_what_terminals_send) {
  struct Case {
    std::string bytes;
    Key key;
  };
  for (const Case& c : {
           Case{"a", {KeyCode::text, "a"}},
           Case{"日本", {KeyCode::text, "日本"}},
           Case{"\r", {KeyCode::enter}},
           Case{"\n", ctrl("j")},
           Case{"\t", {KeyCode::tab}},
           Case{"\x7f", {KeyCode::backspace}},
           Case{"\x01", ctrl("a")},
           Case{"\x1f", ctrl("_")},
           Case{"\x1b[A", {KeyCode::up}},
           Case{"\x1bOB", {KeyCode::down}},
           Case{"\x1b[H", {KeyCode::home}},
           Case{"\x1b[1~", {KeyCode::home}},
           Case{"\x1b[4~", {KeyCode::end}},
           Case{"\x1b[3~", {KeyCode::del}},
           Case{"\x1b[Z", {KeyCode::back_tab}},
           Case{"\x1b[1;5C", with(KeyCode::right, true, false, false)},
           Case{"\x1b[1;3D", with(KeyCode::left, false, true, false)},
           Case{"\x1bOd", with(KeyCode::left, true, false, false)},
           Case{"\x1b\x1b[D", with(KeyCode::left, false, true, false)},
           Case{"\x1b"
                "b",
                {KeyCode::text, "b", false, /*alt=*/true}},
           Case{"\x1b\r", with(KeyCode::enter, false, true, false)},
           Case{"\x1b[13;2u", with(KeyCode::enter, false, false, true)},
           Case{"\x1b[27;2;13~", with(KeyCode::enter, false, false, true)},
           Case{"\x1b", {KeyCode::escape}},
           Case{"\x1b[99;99;99X", {KeyCode::unknown}},
           Case{"\x1b[200~a\rb\x1b[31mc\x1b[201~", {KeyCode::paste, "a\nb[31mc"}},
       }) {
    const auto keys = keys_of(c.bytes);
    ASSERT_EQ(keys.size(), 1U) << ::testing::PrintToString(c.bytes);
    EXPECT_EQ(keys[0], c.key) << ::testing::PrintToString(c.bytes);
  }
}

TEST(key_reader, does_not_care_where_the_input_is_cut) {
  const std::string bytes =
      "é\x1b[1;5C日\x1b\x1b[D\x1b[200~p\xc3\xa9\x1b[20\n\x1b[201~\x01\x1b[3~z";
  const auto flat = [](const std::vector<Key>& keys) {
    std::string text;
    for (const Key& key : keys) {
      // Text may come in other pieces.
      if (key.code != KeyCode::text || key.ctrl || key.alt) {
        text += "<" + std::to_string(static_cast<int>(key.code)) + (key.ctrl ? "c" : "") +
                (key.alt ? "a" : "") + ">";
      }
      text += key.text;
    }
    return text;
  };
  const std::string expected = flat(keys_of(bytes));
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (int round = 0; round < 500; ++round) {
    KeyReader reader;
    std::vector<Key> keys;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % 4;
      reader.push(std::string_view(bytes).substr(at, size));
      at += size;
      while (auto key = reader.next()) keys.push_back(*key);
    }
    ASSERT_EQ(flat(keys), expected);
  }
}

TEST(key_reader, survives_noise) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  KeyReader reader;
  for (int i = 0; i < 20000; ++i) {
    const char bytes[2] = {static_cast<char>(random()), random() % 3 == 0 ? '\x1b' : '['};
    reader.push({bytes, 2});
    while (const auto key = reader.next()) {
      for (char c : key->text)
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
    }
  }
}

TEST(clean_input, keeps_text_only) {
  EXPECT_EQ(clean_input("a\r\nb\rc\x07"
                        "d\te\xff"),
            "a\nb\ncd\te\xEF\xBF\xBD");
}

}  // namespace
}  // namespace ds4::terminal
