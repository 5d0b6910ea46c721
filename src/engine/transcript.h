// What was said in a conversation, as messages and as the very tokens they were read and sampled
// in: the next prompt goes on from those, so that nothing already evaluated changes its spelling.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/chat.h"
#include "ds4/result.h"
#include "text/parsed_turn.h"
#include "text/thinking.h"
#include "text/tokenizer.h"

namespace ds4::engine {

// A message, and what was answered.
struct Exchange {
  bool is_raw = false;  // text without a template around it
  bool is_thinking = false;
  std::string text;
  std::vector<Token> opening;  // from <｜User｜> to the mark that opens the answer
  std::string reasoning, answer;
  std::vector<Token> sampled;  // the answer; no token that ended it
  std::uint64_t seed = 0;      // of its draws
  std::uint32_t attempt = 0;   // which of them: how often it was answered before
};

// Appends what comes behind an answer of these tokens, whatever is said next.
void append_closing(std::vector<Token>& out, const text::SpecialTokens& special, bool is_thinking,
                    std::span<const Token> sampled);

// Copyable. The tokenizer must outlive it.
class Transcript {
 public:
  Transcript(const text::Tokenizer& tokenizer, text::TemplateRevision revision)
      : tokenizer_(&tokenizer), revision_(revision) {}

  // Adds a user's message, to be answered next. The options' system text and effort hold for the
  // whole prompt from now on. On failure nothing has changed.
  Result<void> ask(std::string_view message, const ChatOptions& options);
  // Adds a text to be gone on from as it is.
  Result<void> complete(std::string_view text);

  std::vector<Exchange>& exchanges() { return exchanges_; }
  const std::vector<Exchange>& exchanges() const { return exchanges_; }

  // What the model sees before it answers the last message. There is one.
  std::vector<Token> prompt(bool keep_reasoning) const;
  // What must be known to read the last answer.
  text::ParseOptions parse_options() const;

  // The beginning of every prompt: system text and effort.
  const std::vector<Token>& head() const { return head_; }
  void set_head(std::vector<Token> head) { head_ = std::move(head); }

 private:
  void append_without_reasoning(std::vector<Token>& out, const Exchange& exchange) const;

  const text::Tokenizer* tokenizer_;
  text::TemplateRevision revision_;
  std::vector<Token> head_;
  std::vector<Exchange> exchanges_;
};

}  // namespace ds4::engine
