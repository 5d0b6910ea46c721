// Speed of the text layer: loading the vocabulary, encoding, streaming decode. Needs the test
// vocabulary (tools/fetch_vocabulary.sh).
//
//   build/bench_text                          all of it
//   build/bench_text --write-texts=FOLDER     the texts as files, for bench/compare_tokenizers.mjs
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/text_samples.h"
#include "text/detokenizer.h"
#include "text/pretokenizer.h"
#include "text/v4_test_vocabulary.h"

namespace {

using namespace ds4;
using namespace ds4::text;

constexpr std::size_t kTextBytes = 4 << 20;

void set_rate(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

void encode(benchmark::State& state, const std::string& text) {
  std::size_t tokens = 0;
  for (auto _ : state) {
    tokens = v4_tokenizer().encode(text).size();
    benchmark::DoNotOptimize(tokens);
  }
  set_rate(state, text.size());
  state.counters["bytes_per_token"] =
      static_cast<double>(text.size()) / static_cast<double>(tokens);
}

// Scanning alone: what no cache can save.
void split(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    std::size_t pieces = 0;
    for (std::string_view rest = text; !rest.empty(); ++pieces) {
      rest.remove_prefix(first_piece(rest));
    }
    benchmark::DoNotOptimize(pieces);
  }
  set_rate(state, text.size());
}

// A tokenizer that has seen nothing yet.
void encode_cold(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    state.PauseTiming();
    auto tokenizer = std::make_unique<Tokenizer>(*v4_test_vocabulary().file->build());
    state.ResumeTiming();
    benchmark::DoNotOptimize(tokenizer->encode(text));
    state.PauseTiming();
    tokenizer.reset();
    state.ResumeTiming();
  }
  set_rate(state, text.size());
}

void load_vocabulary(benchmark::State& state) {
  const TokenizerFile& file = *v4_test_vocabulary().file;
  const std::vector<std::string_view> tokens(file.tokens.begin(), file.tokens.end());
  const std::vector<std::string_view> merges(file.merges.begin(), file.merges.end());
  for (auto _ : state) {
    auto vocabulary = Vocabulary::build({tokens, merges, file.types, file.pre});
    benchmark::DoNotOptimize(vocabulary);
  }
}

void detokenize(benchmark::State& state, const std::vector<Token>& tokens) {
  for (auto _ : state) {
    Detokenizer detokenizer(v4_tokenizer());
    std::string delta;
    for (const Token token : tokens) {
      delta.clear();
      detokenizer.push(token, delta);
      benchmark::DoNotOptimize(delta.data());
    }
  }
  state.counters["per_token"] = benchmark::Counter(
      static_cast<double>(tokens.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

std::vector<std::pair<std::string, std::string>> sample_texts() {
  bench::TextSamples samples(v4_tokenizer());
  std::vector<std::pair<std::string, std::string>> texts;
  texts.emplace_back("english", samples.english(kTextBytes));
  texts.emplace_back("code", samples.code(kTextBytes));
  texts.emplace_back("chinese", samples.chinese(kTextBytes));
  texts.emplace_back("mixed", samples.mixed(kTextBytes));
  return texts;
}

// The file forms other programs read: the texts and the tokenizer's own ids of each.
int write_texts(const std::string& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, text] : sample_texts()) {
    std::ofstream(folder + "/" + name + ".txt", std::ios::binary) << text;
    std::ofstream ids(folder + "/" + name + ".ids");
    for (const Token token : v4_tokenizer().encode(text)) ids << token << '\n';
    if (!ids.flush()) {
      std::fprintf(stderr, "cannot write to %s\n", folder.c_str());
      return 1;
    }
  }
  return 0;
}

void register_with_vocabulary() {
  benchmark::RegisterBenchmark("load_vocabulary", load_vocabulary)->Unit(benchmark::kMillisecond);
  static const auto texts = sample_texts();
  static std::vector<Token> tokens;
  for (const auto& [name, text] : texts) {
    const auto with = [&text = text](void (*run)(benchmark::State&, const std::string&)) {
      return [run, &text](benchmark::State& state) { run(state, text); };
    };
    benchmark::RegisterBenchmark(("encode/" + name).c_str(), with(encode));
    benchmark::RegisterBenchmark(("encode_cold/" + name).c_str(), with(encode_cold))
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("split/" + name).c_str(), with(split));
    if (name == "mixed") tokens = v4_tokenizer().encode(text);
  }
  benchmark::RegisterBenchmark("detokenize/mixed",
                               [](benchmark::State& state) { detokenize(state, tokens); });
}

}  // namespace

int main(int count, char** arguments) {
  constexpr std::string_view kWrite = "--write-texts=";
  if (count == 2 && std::string_view(arguments[1]).substr(0, kWrite.size()) == kWrite) {
    if (!v4_test_vocabulary().file) {
      std::fprintf(stderr, "%s\n", v4_test_vocabulary().why_not.c_str());
      return 1;
    }
    return write_texts(arguments[1] + kWrite.size());
  }
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;

  if (v4_test_vocabulary().file) {
    register_with_vocabulary();
  } else {
    std::fprintf(stderr, "%s\n", v4_test_vocabulary().why_not.c_str());
  }
  benchmark::RunSpecifiedBenchmarks();
}
