#include "engine/transcript.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "text/conversation.h"
#include "text/render.h"

namespace ds4::engine {

namespace {

void append(std::vector<Token>& out, const std::vector<Token>& tokens) {
  out.insert(out.end(), tokens.begin(), tokens.end());
}

// Texts are far below this: it is what a tokenizer takes at once.
Result<void> check_size(std::string_view text) {
  if (text.empty()) return fail(Code::bad_argument, "the message is empty");
  if (text.size() > UINT32_MAX / 2) {
    return fail(Code::too_large, "the message has ", text.size(), " bytes; the limit is ",
                UINT32_MAX / 2);
  }
  return {};
}

}  // namespace

void append_closing(std::vector<Token>& out, const text::SpecialTokens& special, bool is_thinking,
                    std::span<const Token> sampled) {
  // Reasoning that was cut off ends where the answer would have begun.
  if (is_thinking &&
      std::find(sampled.begin(), sampled.end(), special.end_thinking) == sampled.end()) {
    out.push_back(special.end_thinking);
  }
  out.push_back(special.end_of_sentence);
}

Result<void> Transcript::ask(std::string_view message, const ChatOptions& options) {
  TRY_DO(check_size(message));
  std::vector<text::Message> messages(2);
  messages[0].role = text::Role::system;
  messages[0].content = options.system;
  messages[1].content = std::string(message);
  TRY(messages, text::arrange(std::move(messages)));
  text::RenderOptions render;
  TRY(render.thinking, text::thinking_from_effort(options.thinking));
  render.revision = revision_;
  TRY(const text::Prompt prompt, text::render(messages, render));

  // A special token ends a piece of text, so both parts are the same as on their own.
  const std::vector<Token> tokens = tokenizer_->encode_spans(prompt.spans);
  const auto user =
      std::find(tokens.begin(), tokens.end(), tokenizer_->vocabulary().special().user);
  CHECK(user != tokens.end());
  Exchange exchange;
  exchange.is_thinking = prompt.end == text::PromptEnd::reasoning;
  exchange.text = std::string(message);
  exchange.opening.assign(user, tokens.end());
  // What began without a template has no place for a system text.
  if (exchanges_.empty() || !exchanges_.front().is_raw) head_.assign(tokens.begin(), user);
  exchanges_.push_back(std::move(exchange));
  return {};
}

Result<void> Transcript::complete(std::string_view text) {
  TRY_DO(check_size(text));
  if (exchanges_.empty()) head_ = {tokenizer_->vocabulary().special().begin_of_sentence};
  Exchange exchange;
  exchange.is_raw = true;
  exchange.text = std::string(text);
  exchange.opening = tokenizer_->encode(text);
  exchanges_.push_back(std::move(exchange));
  return {};
}

void Transcript::append_without_reasoning(std::vector<Token>& out, const Exchange& exchange) const {
  append(out, exchange.opening);
  const Token mark = tokenizer_->vocabulary().special().end_thinking;
  auto from = exchange.sampled.begin();
  if (exchange.is_thinking) {
    out.back() = mark;
    from = std::find(from, exchange.sampled.end(), mark);
    if (from != exchange.sampled.end()) ++from;
  }
  out.insert(out.end(), from, exchange.sampled.end());
  out.push_back(tokenizer_->vocabulary().special().end_of_sentence);
}

std::vector<Token> Transcript::prompt(bool keep_reasoning) const {
  CHECK(!exchanges_.empty());
  std::vector<Token> out = head_;
  for (std::size_t i = 0; i + 1 < exchanges_.size(); ++i) {
    const Exchange& exchange = exchanges_[i];
    const bool goes_on_as_it_is = exchanges_[i + 1].is_raw;
    if (!keep_reasoning && !goes_on_as_it_is) {
      append_without_reasoning(out, exchange);
      continue;
    }
    append(out, exchange.opening);
    append(out, exchange.sampled);
    if (!goes_on_as_it_is) {
      append_closing(out, tokenizer_->vocabulary().special(), exchange.is_thinking,
                     exchange.sampled);
    }
  }
  append(out, exchanges_.back().opening);
  return out;
}

text::ParseOptions Transcript::parse_options() const {
  text::ParseOptions options;
  options.thinking = exchanges_.back().is_thinking;
  options.knows_marks = true;
  return options;
}

}  // namespace ds4::engine
