// Says how the next token is to be sampled: markup and JSON syntax greedily, everything a model
// writes in its own words as the request asks.
#pragma once

#include <string_view>

#include "text/turn_reader.h"

namespace ds4::text {

enum class TokenClass { request, greedy };

class DsmlTracker {
 public:
  struct Options {
    ParseOptions parse;
    // The first token of a tool's name decides which tool is called; this leaves it to the
    // request's sampling.
    bool free_call_names = false;
  };

  explicit DsmlTracker(Options options);
  DsmlTracker(const DsmlTracker&) = delete;
  DsmlTracker& operator=(const DsmlTracker&) = delete;

  // As in turn_reader.h.
  void feed(std::string_view bytes) { reader_.feed(bytes); }
  void feed_mark(std::string_view literal) { reader_.feed_mark(literal); }

  TokenClass next_token_class() const;

 private:
  const Options options_;
  TurnSink nobody_;
  TurnReader reader_;
};

}  // namespace ds4::text
