// What streaming parses cost per token: a turn is fed in pieces of a token's size, as while it is
// sampled. At 100 tokens a second a microsecond a token is a ten-thousandth of the time.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "text/dsml_tracker.h"
#include "text/stream_parser.h"

namespace {

using namespace ds4::text;

constexpr std::size_t kTokenBytes = 4;  // a usual mean for English and code

std::string prose(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) {
    out +=
        "The scheduler forms each batch: a row is a session, a token and a position.\n\n"
        "if (a < b && c > d) { return x; }\n";
  }
  return out;
}

std::string tool_call(std::size_t bytes) {
  return "Writing the file.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"write\">\n"
         "<｜DSML｜parameter name=\"path\" string=\"true\">src/a.cpp</｜DSML｜parameter>\n"
         "<｜DSML｜parameter name=\"text\" string=\"true\">" +
         prose(bytes) +
         "</｜DSML｜parameter>\n<｜DSML｜parameter name=\"mode\" "
         "string=\"false\">420</｜DSML｜parameter>\n"
         "</｜DSML｜invoke>\n</｜DSML｜tool_calls>";
}

std::string many_calls(std::size_t bytes) {
  std::string out = "\n\n<｜DSML｜tool_calls>\n";
  while (out.size() < bytes) {
    out +=
        "<｜DSML｜invoke name=\"read\">\n"
        "<｜DSML｜parameter name=\"path\" string=\"true\">src/a.cpp</｜DSML｜parameter>\n"
        "<｜DSML｜parameter name=\"limit\" string=\"false\">10</｜DSML｜parameter>\n"
        "</｜DSML｜invoke>\n";
  }
  return out + "</｜DSML｜tool_calls>";
}

std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t at = 0; at < text.size(); at += kTokenBytes) {
    tokens.push_back(text.substr(at, kTokenBytes));
  }
  return tokens;
}

ParseOptions options_for(bool thinking) {
  ParseOptions options;
  options.thinking = thinking;
  options.tools.add("write", {{"path", ParameterType::string}, {"text", ParameterType::string}});
  options.tools.add("read", {{"path", ParameterType::string}, {"limit", ParameterType::integer}});
  return options;
}

void stream(benchmark::State& state, const std::string& text, bool thinking) {
  const auto tokens = tokens_of(text);
  std::vector<StreamEvent> events;
  for (auto _ : state) {
    StreamParser parser(options_for(thinking));
    for (const std::string_view token : tokens) {
      events.clear();
      parser.feed(token, events);
      benchmark::DoNotOptimize(events.data());
    }
  }
  const auto count = static_cast<double>(tokens.size());
  state.counters["per_token"] = benchmark::Counter(
      count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void track(benchmark::State& state, const std::string& text) {
  const auto tokens = tokens_of(text);
  for (auto _ : state) {
    DsmlTracker tracker({options_for(false), false});
    for (const std::string_view token : tokens) {
      tracker.feed(token);
      benchmark::DoNotOptimize(tracker.next_token_class());
    }
  }
  const auto count = static_cast<double>(tokens.size());
  state.counters["per_token"] = benchmark::Counter(
      count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void whole(benchmark::State& state, const std::string& text) {
  const ParseOptions options = options_for(false);
  for (auto _ : state) benchmark::DoNotOptimize(parse_turn(text, options, TurnEnd::eos));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

constexpr std::size_t kBytes = 64 * 1024;

BENCHMARK_CAPTURE(stream, reasoning, prose(kBytes), true);
BENCHMARK_CAPTURE(stream, prose, prose(kBytes), false);
BENCHMARK_CAPTURE(stream, long_value, tool_call(kBytes), false);
BENCHMARK_CAPTURE(stream, many_calls, many_calls(kBytes), false);
BENCHMARK_CAPTURE(track, long_value, tool_call(kBytes));
BENCHMARK_CAPTURE(track, many_calls, many_calls(kBytes));
BENCHMARK_CAPTURE(whole, long_value, tool_call(kBytes));
BENCHMARK_CAPTURE(whole, many_calls, many_calls(kBytes));

}  // namespace
