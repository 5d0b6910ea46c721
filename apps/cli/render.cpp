#include "cli/render.h"

#include "text/render.h"

#include <optional>

#include "base/utf8.h"
#include "cli/token_list.h"
#include "model/vocabulary_keys.h"
#include "shared/console.h"
#include "shared/input.h"
#include "text/message_json.h"

namespace ds4::cli {

namespace {

std::string_view name_of(text::PromptEnd end) {
  switch (end) {
    case text::PromptEnd::content:
      return "content";
    case text::PromptEnd::reasoning:
      return "reasoning";
    case text::PromptEnd::task:
      return "task";
    case text::PromptEnd::nowhere:
      return "nowhere";
  }
  return "";
}

Result<text::Prompt> read_and_render(const RenderCommand& command) {
  std::optional<text::TemplateRevision> revision;
  if (!command.revision.empty()) {
    TRY(revision, text::template_revision(command.revision));
  }
  const std::string name = command.input == "-" ? "standard input" : command.input;
  TRY(const std::string input, read_input(command.input));
  const auto prompt = [&]() -> Result<text::Prompt> {
    TRY(const Json json, parse_json(input));
    TRY(text::RenderRequest request, text::read_render_request(json));
    if (revision) request.options.revision = *revision;
    return text::render(request.messages, request.options, request.context);
  }();
  if (prompt.ok()) return prompt;
  return fail(prompt.error().code, name, ": ", prompt.error().message);
}

// Trusted bytes are those in which special tokens count.
std::string span_lines(const text::Prompt& prompt) {
  std::string out;
  for (const text::Span& span : prompt.spans) {
    out += span.trusted ? "trusted    \"" : "untrusted  \"";
    out += printable(span.bytes, span.bytes.size() * 4) + "\"\n";
  }
  return out;
}

Json prompt_json(const text::Prompt& prompt, const text::Tokenizer* tokenizer) {
  Json out = Json::object();
  out.set("text", prompt.text());
  out.set("continues_in", name_of(prompt.end));
  Json spans = Json::array();
  for (const text::Span& span : prompt.spans) {
    Json entry = Json::object();
    entry.set("text", span.bytes);
    entry.set("trusted", span.trusted);
    spans.push(std::move(entry));
  }
  out.set("spans", std::move(spans));
  if (tokenizer != nullptr) {
    out.set("tokens", tokens_json(*tokenizer, tokenizer->encode_spans_placed(prompt.spans)));
  }
  return out;
}

Result<void> carry_out(const RenderCommand& command) {
  std::optional<text::Tokenizer> tokenizer;
  if (command.tokens) {
    TRY(text::Vocabulary vocabulary, model::open_vocabulary(command.vocabulary));
    tokenizer.emplace(std::move(vocabulary));
  }
  TRY(const text::Prompt prompt, read_and_render(command));
  if (command.json) {
    print(to_text(prompt_json(prompt, tokenizer ? &*tokenizer : nullptr), JsonStyle::pretty) +
          "\n");
  } else if (command.spans) {
    print(span_lines(prompt));
  } else if (tokenizer) {
    print(id_line(tokenizer->encode_spans_placed(prompt.spans)));
  } else {
    print_exactly(prompt.text());
  }
  return {};
}

}  // namespace

int render(const RenderCommand& command) {
  const auto done = carry_out(command);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::cli
