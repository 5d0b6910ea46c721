// One assistant turn, token by token, as the events of the face.
#pragma once

#include <vector>

#include "ds4/text.h"
#include "text/parsed_turn.h"
#include "text/stream_parser.h"
#include "text/tokenizer.h"

namespace ds4::engine {

// Must not outlive the tokenizer.
class TurnEvents {
 public:
  TurnEvents(const text::Tokenizer& tokenizer, text::ParseOptions options)
      : tokenizer_(tokenizer), parser_(std::move(options)) {}

  // Appends the events of the next token, which exists. What follows the end is ignored.
  void push(Token token, std::vector<TurnEvent>& events);
  bool is_over() const { return ended_ || parser_.is_over(); }
  // Appends what was held back. The last call.
  Turn finish(std::vector<TurnEvent>& events);

 private:
  const text::Tokenizer& tokenizer_;
  text::StreamParser parser_;
  std::vector<text::StreamEvent> parsed_;
  bool ended_ = false;  // by a token
};

}  // namespace ds4::engine
