// Token masks over a vocabulary of 129,280 tokens: microseconds a mask while documents are written,
// and milliseconds to compile a schema.
//
// The vocabulary is made up here, with the shape of a real one: single bytes, words with and
// without a leading space, numbers, white space, code, and Chinese; or read from DS4_VOCABULARY, a
// JSON array of token strings.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <unordered_set>

#include "base/json.h"
#include "grammar/json_rules.h"
#include "grammar/json_schema.h"
#include "grammar/matcher.h"
#include "grammar/regex.h"

namespace {

using namespace ds4::grammar;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kTokens = 129280;

void append_code(std::string& out, unsigned code) {
  out += static_cast<char>(0xE0 | code >> 12);
  out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
  out += static_cast<char>(0x80 | (code & 0x3F));
}

std::vector<std::string> made_up_tokens() {
  std::vector<std::string> out{"<begin>", "<end>"};
  std::unordered_set<std::string> seen;
  auto add = [&](std::string token) {
    if (out.size() < kTokens && seen.insert(token).second) out.push_back(std::move(token));
  };
  for (int b = 0; b < 256; ++b) add(std::string(1, static_cast<char>(b)));
  for (int n = 0; n < 1000; ++n) {
    const std::string digits = std::to_string(n);
    add(digits);
    add(std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits);
  }
  for (std::size_t n = 2; n <= 128; ++n) add(std::string(n, ' '));
  for (std::size_t n = 1; n <= 60; ++n) {
    std::string indent(n + 1, ' ');
    indent[0] = '\n';
    add(indent);
  }
  std::mt19937 random(1);
  const std::string_view signs = "{}[]()<>\"'`,.:;=+-*/\\|&!?#@$%^~_ \n\t";
  while (out.size() < 9000) {
    std::string token;
    const std::size_t length = 2 + random() % 3;
    for (std::size_t i = 0; i < length; ++i) token += signs[random() % signs.size()];
    add(token);
  }
  const char* syllables[] = {"an",  "er",  "in",   "on",  "re",  "st", "ing", "tion", "con",
                             "pro", "al",  "ment", "le",  "ar",  "ti", "ve",  "de",   "com",
                             "ex",  "per", "ist",  "os",  "ka",  "lo", "mu",  "na",   "th",
                             "sh",  "ch",  "qu",   "ble", "ous", "un", "dis", "u",    "y"};
  while (out.size() < 94000) {
    std::string word;
    const unsigned style = random() % 10;
    if (style < 5) word += ' ';
    const std::size_t length = 1 + random() % 4;
    for (std::size_t i = 0; i < length; ++i) word += syllables[random() % std::size(syllables)];
    if (style == 3 || style == 7) {
      char& first = word[word[0] == ' ' ? 1 : 0];
      first = static_cast<char>(first - 32);
    }
    if (random() % 40 == 0) word += "\",;:()_."[random() % 8];
    add(word);
  }
  while (out.size() < kTokens) {
    std::string token;
    const std::size_t length = 1 + random() % 4;
    for (std::size_t i = 0; i < length; ++i) append_code(token, 0x4E00 + random() % 3000);
    if (random() % 50 == 0) token.pop_back();
    add(token);
  }
  return out;
}

std::shared_ptr<const Vocabulary> vocabulary() {
  static const std::shared_ptr<const Vocabulary> built = [] {
    std::vector<std::string> texts;
    if (const char* path = std::getenv("DS4_VOCABULARY")) {
      std::ifstream in(path, std::ios::binary);
      std::stringstream text;
      text << in.rdbuf();
      auto parsed = ds4::parse_json(text.str());
      if (parsed.ok() && parsed->is_array()) {
        for (const ds4::Json& one : parsed->as_array()) {
          texts.push_back(one.is_string() ? one.as_string() : "");
        }
      }
    }
    if (texts.empty()) texts = made_up_tokens();
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const Token never[] = {0}, ends[] = {1};
    return std::make_shared<const Vocabulary>(
        *Vocabulary::build(views, {.never = never, .ends = ends}));
  }();
  return built;
}

// About 200 lines when indented: 24 entries of every kind.
std::string long_schema() {
  std::string out = R"({"type":"object","properties":{)";
  for (int i = 0; i < 24; ++i) {
    const std::string n = std::to_string(i);
    out += i ? "," : "";
    switch (i % 6) {
      case 0:
        out += "\"title_" + n + R"(":{"type":"string","description":"what it is"})";
        break;
      case 1:
        out += "\"count_" + n + R"(":{"type":"integer","minimum":0,"maximum":1000})";
        break;
      case 2:
        out += "\"state_" + n + R"(":{"enum":["open","closed","waiting","rejected"]})";
        break;
      case 3:
        out +=
            "\"lines_" + n +
            R"(":{"type":"array","items":{"type":"object","properties":{"text":{"type":"string"},)"
            R"("price":{"type":"number"}},"required":["text","price"],"additionalProperties":false}})";
        break;
      case 4:
        out += "\"date_" + n + R"(":{"type":"string","format":"date"})";
        break;
      default:
        out += "\"code_" + n + R"(":{"type":"string","pattern":"^[A-Z]{3}-[0-9]{4}$"})";
        break;
    }
  }
  return out +
         R"(},"required":["title_0","count_1","state_2","lines_3","date_4","code_5"],"additionalProperties":false})";
}

std::shared_ptr<const Grammar> grammar_of(const std::string& schema) {
  auto compiled = json_schema_grammar(schema);
  if (!compiled.ok()) {
    std::fprintf(stderr, "%s\n", compiled.error().message.c_str());
    std::abort();
  }
  return std::make_shared<const Grammar>(std::move(compiled->grammar));
}

// Writes random documents and times every mask, with one cache for all, or with a new one for each
// document as for a schema never seen before, or with a new one that was warmed (on a worker
// thread, while the prompt is read: that time is not counted here).
enum class Cache { kept, fresh, warmed };

void run_masks(benchmark::State& state, std::shared_ptr<const Grammar> grammar, Cache kind) {
  auto words = vocabulary();
  auto cache = std::make_unique<MaskCache>(grammar, words);
  std::mt19937 random(7);
  TokenMask mask(words->size());
  std::vector<double> times;
  double warm_ms = 0;
  std::vector<Token> allowed;
  auto document = [&](bool is_timed) {
    Matcher matcher(*cache);
    for (int i = 0; i < 300 && !matcher.ended(); ++i) {
      const auto begin = Clock::now();
      matcher.mask(mask);
      const auto end = Clock::now();
      if (is_timed) times.push_back(std::chrono::duration<double, std::micro>(end - begin).count());
      allowed.clear();
      std::vector<Token> structural;
      for (Token t = 0; t < mask.size(); ++t) {
        if (!mask.allows(t)) continue;
        allowed.push_back(t);
        if (words->spelling(t).find_first_of("\"{}[],:") != std::string_view::npos ||
            words->is_end(t)) {
          structural.push_back(t);
        }
      }
      if (allowed.empty()) std::abort();
      const auto& from = !structural.empty() && random() % 4 == 0 ? structural : allowed;
      if (!matcher.accept_token(from[random() % from.size()])) std::abort();
    }
  };
  if (kind == Cache::kept) {
    for (int i = 0; i < 10; ++i) document(false);
  }
  for (auto _ : state) {
    if (kind != Cache::kept) cache = std::make_unique<MaskCache>(grammar, words);
    if (kind == Cache::warmed) {
      const auto begin = Clock::now();
      cache->warm(5'000'000);
      warm_ms += std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    }
    document(true);
  }
  std::sort(times.begin(), times.end());
  auto at = [&](double p) {
    return times[std::min(times.size() - 1,
                          static_cast<std::size_t>(p * static_cast<double>(times.size())))];
  };
  state.counters["p50_us"] = at(0.5);
  state.counters["p90_us"] = at(0.9);
  state.counters["p99_us"] = at(0.99);
  state.counters["max_us"] = times.back();
  if (warm_ms > 0) state.counters["warm_ms"] = warm_ms / static_cast<double>(state.iterations());
  state.counters["masks"] = static_cast<double>(times.size());
  state.counters["cache_MiB"] = static_cast<double>(cache->statistics().bytes) / (1 << 20);
}

void mask_schema(benchmark::State& state) {
  run_masks(state, grammar_of(long_schema()), Cache::kept);
}
void mask_schema_cold(benchmark::State& state) {
  run_masks(state, grammar_of(long_schema()), Cache::fresh);
}
void mask_schema_warmed(benchmark::State& state) {
  run_masks(state, grammar_of(long_schema()), Cache::warmed);
}
void mask_any_object(benchmark::State& state) {
  run_masks(state, std::make_shared<const Grammar>(*json_object_grammar()), Cache::kept);
}
void mask_bounded_string_cold(benchmark::State& state) {
  run_masks(state, grammar_of(R"({"type":"array","items":{"type":"string","maxLength":100}})"),
            Cache::fresh);
}
void mask_pattern(benchmark::State& state) {
  run_masks(
      state,
      grammar_of(R"({"type":"array","items":{"type":"string","pattern":"^[a-z]+( [a-z]+)*$"}})"),
      Cache::kept);
}
BENCHMARK(mask_schema)->Iterations(100)->Unit(benchmark::kMillisecond);
BENCHMARK(mask_schema_cold)->Iterations(20)->Unit(benchmark::kMillisecond);
BENCHMARK(mask_schema_warmed)->Iterations(20)->Unit(benchmark::kMillisecond);
BENCHMARK(mask_any_object)->Iterations(100)->Unit(benchmark::kMillisecond);
BENCHMARK(mask_bounded_string_cold)->Iterations(10)->Unit(benchmark::kMillisecond);
BENCHMARK(mask_pattern)->Iterations(50)->Unit(benchmark::kMillisecond);

void compile_long_schema(benchmark::State& state) {
  const std::string schema = long_schema();
  for (auto _ : state) benchmark::DoNotOptimize(json_schema_grammar(schema));
  const auto parsed = ds4::parse_json(schema);
  const std::string pretty = ds4::to_text(*parsed, ds4::JsonStyle::pretty);
  state.counters["lines"] = static_cast<double>(std::count(pretty.begin(), pretty.end(), '\n') + 1);
  state.counters["states"] = static_cast<double>(grammar_of(schema)->state_count());
}
BENCHMARK(compile_long_schema)->Unit(benchmark::kMillisecond);

void build_vocabulary_trie(benchmark::State& state) {
  const std::vector<std::string> texts = made_up_tokens();
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  for (auto _ : state) benchmark::DoNotOptimize(Vocabulary::build(views, {}));
}
BENCHMARK(build_vocabulary_trie)->Unit(benchmark::kMillisecond);

void accept_token(benchmark::State& state) {
  MaskCache cache(grammar_of(long_schema()), vocabulary());
  Matcher matcher(cache);
  matcher.accept_bytes(R"({"title_0": ")");
  for (auto _ : state) {
    matcher.accept_bytes(" word");
    matcher.rollback(1);
  }
}
BENCHMARK(accept_token);

}  // namespace
