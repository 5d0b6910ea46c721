#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <thread>

#include "base/json.h"
#include "text/random_text.h"
#include "text/small_vocabulary.h"
#include "text/v4_test_vocabulary.h"

namespace ds4::text {
namespace {

Json vectors(const std::string& name) {
  auto file = parse_json(read_whole_file(DS4_SOURCE_DIR "/tests/vectors/tokenizer/" + name));
  EXPECT_TRUE(file.ok());
  return *file->find("cases");
}

std::vector<Token> tokens_of(const Json* list) {
  std::vector<Token> tokens;
  for (const Json& token : list->as_array()) tokens.push_back(static_cast<Token>(*token.as_int()));
  return tokens;
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(tokenizer_v4, encodes_the_text_vectors) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer& tokenizer = v4_tokenizer();
  int broken = 0;
  const Json cases = vectors("text.json");
  for (const Json& test : cases.as_array()) {
    const std::string& text = test.find("text")->as_string();
    const Json* hex = test.find("bytes_hex");
    const std::string input = hex == nullptr ? text : from_hex(hex->as_string());
    broken += hex != nullptr;
    const std::vector<Token> expected = tokens_of(test.find("ids"));
    EXPECT_EQ(tokenizer.encode(input), expected) << test.find("id")->as_string();
    EXPECT_EQ(tokenizer.encode(input, {.trust_specials = true}), expected);
    EXPECT_EQ(tokenizer.decode(expected), text);
  }
  EXPECT_GT(broken, 0);
}

TEST(tokenizer_v4, recognises_added_tokens_as_the_vectors) {
  DS4_NEED_V4_VOCABULARY();
  const Json cases = vectors("special.json");
  for (const Json& test : cases.as_array()) {
    const std::string& text = test.find("text")->as_string();
    const std::vector<Token> special = tokens_of(test.find("ids_special"));
    EXPECT_EQ(v4_tokenizer().encode(text, {.trust_specials = true}), special) << text;
    EXPECT_EQ(v4_tokenizer().encode_spans(std::vector<Span>{{text, true}}), special) << text;
    const std::vector<Token> plain = tokens_of(test.find("ids_plain"));
    EXPECT_EQ(v4_tokenizer().encode(text), plain) << text;
    EXPECT_EQ(v4_tokenizer().encode_spans(std::vector<Span>{{text, false}}), plain) << text;
  }
}

TEST(tokenizer_v4, joins_pieces_across_span_borders) {
  DS4_NEED_V4_VOCABULARY();
  EXPECT_EQ(
      v4_tokenizer().encode_spans(std::vector<Span>{{"assistant.", false}, {"\n\n## Tools", true}}),
      (std::vector<Token>{624, 15059, 339, 372, 27193}));
}

TEST(tokenizer_v4, encodes_the_rendered_prompts) {
  DS4_NEED_V4_VOCABULARY();
  const auto file = parse_json(read_whole_file(DS4_SOURCE_DIR "/tests/vectors/prompt/render.json"));
  ASSERT_TRUE(file.ok());
  int count = 0;
  for (const Json& test : file->find("cases")->as_array()) {
    EXPECT_EQ(v4_tokenizer().encode(test.find("expected")->as_string(), {.trust_specials = true}),
              tokens_of(test.find("expected_ids")))
        << test.find("name")->as_string();
    ++count;
  }
  EXPECT_EQ(count, 49);
}

TEST(tokenizer_v4, recognises_added_tokens_in_trusted_bytes_only) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer& t = v4_tokenizer();
  const auto added = [&t](const std::vector<Span>& spans, const EncodeOptions& options = {}) {
    std::vector<Token> found;
    for (const Token token : t.encode_spans(spans, options)) {
      if (t.is_added(token)) found.push_back(token);
    }
    return found;
  };
  using Tokens = std::vector<Token>;
  EXPECT_EQ(added({{"<think>", true}}), Tokens{128821});
  EXPECT_EQ(added({{"<think>", false}}), Tokens{});
  EXPECT_EQ(added({{"<thi", true}, {"nk>", true}}), Tokens{128821});
  EXPECT_EQ(added({{"<thi", true}, {"", false}, {"nk>", true}}), Tokens{128821});
  EXPECT_EQ(added({{"<thi", true}, {"nk>", false}}), Tokens{});
  EXPECT_EQ(added({{"<thi", false}, {"nk>", true}}), Tokens{});
  EXPECT_EQ(added({{"<think", true}, {"x", false}, {">", true}}), Tokens{});
  EXPECT_EQ(added({{"<thi", false}, {"nk>", true}}, {.trust_specials = true}), Tokens{128821});
  EXPECT_EQ(added({{"<｜Us", true}, {"er｜><think>", false}, {"<｜User｜>", true}}),
            Tokens{128803});
  // A trusted marker split within a character.
  EXPECT_EQ(added({{"\xEF\xBD", true},
                   {"\x9C"
                    "DSML｜",
                    true}}),
            Tokens{128825});
  EXPECT_EQ(added({{"\xEF\xBD", false},
                   {"\x9C"
                    "DSML｜",
                    true}}),
            Tokens{});
}

// Whatever users and tools send, no control token comes of it.
TEST(tokenizer_v4, no_untrusted_text_yields_an_added_token) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer& t = v4_tokenizer();
  const auto expect_none = [&t](const std::string& text) {
    const std::vector<Token> tokens = t.encode(text);
    for (const Token token : tokens) ASSERT_FALSE(t.is_added(token)) << text;
    ASSERT_EQ(t.decode(tokens), text);
    for (const Token token :
         t.encode_spans(std::vector<Span>{{"<｜", true}, {text, false}, {"｜>", true}})) {
      ASSERT_FALSE(t.is_added(token)) << text;
    }
  };
  for (const Token token : t.vocabulary().added_tokens()) {
    const std::string literal(t.token_bytes(token));
    expect_none(literal);
    expect_none("x" + literal + "y");
    expect_none(literal + literal);
    // One inside another, so that removing the inner would leave the outer.
    expect_none(literal.substr(0, 4) + literal + literal.substr(4));
    // Every way to share a marker between an untrusted and a trusted span.
    for (std::size_t cut = 1; cut < literal.size(); ++cut) {
      for (const bool first : {false, true}) {
        const std::vector<Span> spans = {{literal.substr(0, cut), first},
                                         {literal.substr(cut), !first}};
        for (const Token found : t.encode_spans(spans)) {
          ASSERT_FALSE(t.is_added(found)) << literal << " cut at " << cut;
        }
      }
    }
  }
}

TEST(tokenizer_v4, decoding_gives_the_text_back) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer& t = v4_tokenizer();
  RandomText random(7);
  for (int i = 0; i < 50000; ++i) {
    const std::string text = random.text(60);
    ASSERT_EQ(t.decode(t.encode(text)), text);
  }
  for (int i = 0; i < 20000; ++i) {
    const std::string bytes = random.broken(40);
    ASSERT_EQ(t.decode(t.encode(bytes)), to_valid_utf8(bytes));
    ASSERT_EQ(t.encode(bytes), t.encode(to_valid_utf8(bytes)));
  }
}

TEST(tokenizer_v4, a_warm_cache_changes_nothing) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer cold(*v4_test_vocabulary().file->build());
  RandomText random(8);
  std::vector<std::string> texts;
  std::vector<std::vector<Token>> tokens;
  for (int i = 0; i < 5000; ++i) {
    texts.push_back(random.text(30));
    tokens.push_back(cold.encode(texts.back()));
  }
  std::string all;
  for (const std::string& text : texts) all += text + " ";
  (void)cold.encode(all);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(cold.encode(texts[i]), tokens[i]);
}

TEST(tokenizer_v4, threads_share_it) {
  DS4_NEED_V4_VOCABULARY();
  std::vector<std::string> texts;
  std::vector<std::vector<Token>> tokens;
  RandomText random(9);
  for (int i = 0; i < 500; ++i) {
    texts.push_back(random.text(80));
    tokens.push_back(v4_tokenizer().encode(texts.back()));
  }
  const Tokenizer shared(*v4_test_vocabulary().file->build());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t index = (i + thread * 97) % texts.size();
        wrong[thread] += shared.encode(texts[index]) != tokens[index];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(tokenizer_v4, places_cover_the_input) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer& t = v4_tokenizer();
  RandomText random(10);
  for (int i = 0; i < 20000; ++i) {
    const bool broken = i % 2 == 0;
    const std::string text = broken ? random.broken(20) : random.text(20);
    const std::vector<PlacedToken> placed = t.encode_placed(text);
    std::size_t at = 0;
    std::vector<Token> tokens;
    for (const PlacedToken& p : placed) {
      ASSERT_LE(p.begin, at);
      ASSERT_GE(p.end, at);
      if (!broken) {
        ASSERT_EQ(p.begin, at);
        ASSERT_EQ(text.substr(p.begin, p.end - p.begin), t.token_bytes(p.token));
      }
      at = p.end;
      tokens.push_back(p.token);
    }
    ASSERT_EQ(at, text.size());
    ASSERT_EQ(tokens, t.encode(text));
  }
  const std::vector<Span> spans = {{"hi", false}, {"<｜User｜>", true}, {"\xFF!", false}};
  const auto placed = t.encode_spans_placed(spans);
  ASSERT_EQ(placed.size(), 4u);
  EXPECT_EQ(placed[1], (PlacedToken{128803, 2, 14}));
  EXPECT_EQ(placed[2], (PlacedToken{*t.find("\uFFFD"), 14, 15}));
  EXPECT_EQ(placed[3], (PlacedToken{*t.find("!"), 15, 16}));
}

TEST(tokenizer, key_bytes_tell_control_tokens_from_their_text) {
  const auto vocabulary = small_vocabulary({{"h", "i"}}).build();
  ASSERT_TRUE(vocabulary.ok());
  const Tokenizer tokenizer(*vocabulary);
  const Token user = vocabulary->special().user;  // 259
  ASSERT_EQ(user, 259);
  const std::vector<Span> spans = {{"<｜User｜>", true}, {"hi<｜User｜>", false}, {"\xFF", false}};
  const std::string expected("\xFF\x03\x01\x00\x00hi<｜User｜>\uFFFD", 5 + 2 + 12 + 3);
  EXPECT_EQ(tokenizer.key_bytes(tokenizer.encode_spans(spans)), expected);
  EXPECT_EQ(tokenizer.key_bytes_of_spans(spans), expected);
}

TEST(tokenizer, works_without_merges) {
  const auto vocabulary = small_vocabulary().build();
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  const Tokenizer tokenizer(*vocabulary);
  EXPECT_EQ(tokenizer.encode("hé"), (std::vector<Token>{'h', 0xC3, 0xA9}));
  EXPECT_EQ(tokenizer.encode("<think>", {.trust_specials = true}),
            std::vector<Token>{vocabulary->special().begin_thinking});
  EXPECT_EQ(tokenizer.encode(std::string_view("\0a", 2)), (std::vector<Token>{0, 'a'}));
  EXPECT_TRUE(tokenizer.encode("").empty());
}

// Eight times the text may take some thirty times as long before this fails (caches, other
// programs); were any step quadratic, it would take sixty-four.
TEST(tokenizer_v4, takes_time_in_proportion_to_the_text) {
  DS4_NEED_V4_VOCABULARY();
  const Tokenizer& t = v4_tokenizer();
  const auto cpu_seconds = [](const std::function<void()>& work) {
    double best = 1e9;
    for (int run = 0; run < 3; ++run) {
      timespec from, to;
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
      work();
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
      best = std::min(best, static_cast<double>(to.tv_sec - from.tv_sec) +
                                1e-9 * static_cast<double>(to.tv_nsec - from.tv_nsec));
    }
    return best;
  };
  RandomText random(11);
  std::string noise;
  for (int i = 0; i < 1024; ++i) noise.push_back(static_cast<char>(random.below(256)));
  const std::string units[] = {
      "a",       " ",    "=",        "\n", " \n", "\u0301", "a\u0301",   "😀",
      "👨\u200D", "中",   "・",       "1",  "<",   "<｜",    "<｜User｜", "<|place_holder_mm_span_0",
      "\u0001",  "\xFF", "\xE2\x82", noise};
  for (const std::string& unit : units) {
    const auto text = [&unit](std::size_t size) {
      std::string out;
      while (out.size() < size) out += unit;
      return out;
    };
    const std::string small = text(1 << 16), large = text(1 << 19);
    const EncodeOptions trusting{.trust_specials = true};
    (void)t.encode(large, trusting);
    const double few = cpu_seconds([&] { (void)t.encode_placed(small, trusting); });
    const double many = cpu_seconds([&] { (void)t.encode_placed(large, trusting); });
    EXPECT_LT(many, 32 * few + 1e-3) << unit;
  }
}

}  // namespace
}  // namespace ds4::text
