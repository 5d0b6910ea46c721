#include "engine/chat_file.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"
#include "engine/fingerprint.h"
#include "store/section_file.h"

namespace ds4::engine {

namespace {

constexpr SectionFormat kFormat{.what = "conversation", .magic = "DS4CHAT\n", .version = 1};

enum SectionId : std::uint32_t { kModel = 1, kWords = 2, kTokens = 3, kLogits = 4, kState = 5 };

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

Json exchange_json(const Exchange& exchange) {
  Json out = Json::object();
  out.set("raw", exchange.is_raw);
  out.set("thinking", exchange.is_thinking);
  out.set("text", to_valid_utf8(exchange.text));
  out.set("reasoning", exchange.reasoning);
  out.set("answer", exchange.answer);
  out.set("opening_tokens", std::uint64_t{exchange.opening.size()});
  out.set("sampled_tokens", std::uint64_t{exchange.sampled.size()});
  out.set("seed", exchange.seed);
  out.set("attempt", std::uint64_t{exchange.attempt});
  return out;
}

Json words_of(const Conversation& conversation, const Session::Saved& session) {
  const Transcript& transcript = conversation.transcript;
  Json out = Json::object();
  out.set("system", to_valid_utf8(conversation.options.system));
  out.set("thinking", conversation.options.thinking);
  out.set("steering_scale", static_cast<double>(conversation.steering_scale));
  out.set("head_tokens", std::uint64_t{transcript.head().size()});
  Json exchanges = Json::array();
  for (const Exchange& exchange : transcript.exchanges()) exchanges.push(exchange_json(exchange));
  out.set("exchanges", std::move(exchanges));
  Json state = Json::object();
  state.set("packed", conversation.session.layout().is_packed);
  state.set("tokens", std::uint64_t{session.tokens.size()});
  state.set("drafter_tokens", session.drafter_tokens);
  state.set("drafter_next", std::int64_t{session.drafter_next});
  out.set("state", std::move(state));
  return out;
}

// Reads what words_of() wrote. The checksums held, so what is wrong was never written by us.
class WordReader {
 public:
  Result<std::string> text(const Json& json, const char* key) {
    const Json* value = json.find(key);
    if (value == nullptr || !value->is_string()) return wrong(key);
    return value->as_string();
  }
  Result<bool> flag(const Json& json, const char* key) {
    const Json* value = json.find(key);
    if (value == nullptr || !value->is_bool()) return wrong(key);
    return value->as_bool();
  }
  Result<double> real(const Json& json, const char* key) {
    const Json* value = json.find(key);
    const auto number = value == nullptr ? std::nullopt : value->as_double();
    if (!number || !std::isfinite(*number)) return wrong(key);
    return *number;
  }
  template <class T>
  Result<T> integer(const Json& json, const char* key) {
    const Json* value = json.find(key);
    if (value == nullptr || !value->is_number()) return wrong(key);
    const std::string& digits = value->as_number().text;
    T out = 0;
    const char* last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, out);
    if (error != std::errc() || end != last) return wrong(key);
    return out;
  }
  Result<const Json*> member(const Json& json, const char* key) {
    const Json* value = json.find(key);
    if (value == nullptr) return wrong(key);
    return value;
  }

 private:
  static Error wrong(const char* key) {
    return fail(Code::bad_file, "the saved conversation says nothing sensible under \"", key, "\"");
  }
};

// The tokens of the file, handed out in order.
class TokenReader {
 public:
  TokenReader(std::span<const std::byte> bytes, std::size_t vocabulary)
      : in_(bytes), vocabulary_(vocabulary) {}

  Result<std::vector<Token>> take(std::uint64_t count) {
    const auto bytes =
        in_.take(count <= in_.remaining() ? count * sizeof(Token) : ~std::uint64_t{0});
    if (!bytes) return fail(Code::bad_file, "the saved conversation has too few tokens");
    std::vector<Token> out(count);
    if (count > 0) std::memcpy(out.data(), bytes->data(), bytes->size());
    for (const Token token : out) {
      if (token < 0 || static_cast<std::size_t>(token) >= vocabulary_) {
        return fail(Code::bad_file, "the saved conversation has a token ", token,
                    ", which the model does not know");
      }
    }
    return out;
  }

 private:
  ByteReader in_;
  std::size_t vocabulary_;
};

Result<Exchange> read_exchange(const Json& json, TokenReader& tokens) {
  WordReader words;
  Exchange out;
  TRY(out.is_raw, words.flag(json, "raw"));
  TRY(out.is_thinking, words.flag(json, "thinking"));
  TRY(out.text, words.text(json, "text"));
  TRY(out.reasoning, words.text(json, "reasoning"));
  TRY(out.answer, words.text(json, "answer"));
  TRY(const auto opening, words.integer<std::uint64_t>(json, "opening_tokens"));
  TRY(const auto sampled, words.integer<std::uint64_t>(json, "sampled_tokens"));
  TRY(out.seed, words.integer<std::uint64_t>(json, "seed"));
  TRY(out.attempt, words.integer<std::uint32_t>(json, "attempt"));
  TRY(out.opening, tokens.take(opening));
  TRY(out.sampled, tokens.take(sampled));
  if (out.opening.empty())
    return fail(Code::bad_file, "the saved conversation has an empty prompt");
  return out;
}

Result<void> read(const SectionFile& file, Conversation& conversation) {
  TRY(const auto model, file.section(kModel));
  const Fingerprint ours = fingerprint_of(conversation.parts.host->model().file());
  Fingerprint theirs;
  if (model.size() != sizeof theirs) return fail(Code::bad_file, "says of no model that it is its");
  std::memcpy(&theirs, model.data(), sizeof theirs);
  if (ours != theirs) {
    return fail(Code::unsupported, "was saved with another model than ",
                conversation.parts.host->facts().path, ": ", difference(ours, theirs),
                " differ; open that one to go on");
  }
  TRY(const auto text, file.section(kWords));
  TRY(const Json json, parse_json({reinterpret_cast<const char*>(text.data()), text.size()}));
  TRY(const auto token_bytes, file.section(kTokens));
  TokenReader tokens(token_bytes, conversation.parts.tokenizer->vocabulary().size());

  WordReader words;
  TRY(conversation.options.system, words.text(json, "system"));
  TRY(conversation.options.thinking, words.text(json, "thinking"));
  TRY_DO(text::thinking_from_effort(conversation.options.thinking));
  TRY(const double scale, words.real(json, "steering_scale"));
  conversation.steering_scale = static_cast<float>(scale);
  TRY(const auto head, words.integer<std::uint64_t>(json, "head_tokens"));
  TRY(std::vector<Token> head_tokens, tokens.take(head));
  conversation.transcript.set_head(std::move(head_tokens));
  TRY(const Json* exchanges, words.member(json, "exchanges"));
  if (!exchanges->is_array()) return fail(Code::bad_file, "holds no list of exchanges");
  for (const Json& exchange : exchanges->as_array()) {
    TRY(Exchange read, read_exchange(exchange, tokens));
    conversation.transcript.exchanges().push_back(std::move(read));
  }

  TRY(const Json* state, words.member(json, "state"));
  TRY(const bool is_packed, words.flag(*state, "packed"));
  if (is_packed != conversation.session.layout().is_packed) return {};
  Session::Saved saved;
  TRY(const auto count, words.integer<std::uint64_t>(*state, "tokens"));
  TRY(saved.tokens, tokens.take(count));
  TRY(saved.drafter_tokens, words.integer<std::uint64_t>(*state, "drafter_tokens"));
  TRY(saved.drafter_next, words.integer<Token>(*state, "drafter_next"));
  TRY(const auto logits, file.section(kLogits));
  saved.logits.resize(logits.size() / sizeof(float));
  if (!saved.logits.empty()) std::memcpy(saved.logits.data(), logits.data(), logits.size());
  TRY(const auto bytes, file.section(kState));
  return conversation.session.restore(std::move(saved), bytes);
}

}  // namespace

Result<void> save_conversation(const std::string& path, const Conversation& conversation) {
  const Session::Saved session = conversation.session.save();
  const std::vector<std::byte> state = conversation.session.state_as_bytes();
  const Fingerprint model = fingerprint_of(conversation.parts.host->model().file());
  const std::string words = to_text(words_of(conversation, session));
  std::vector<Token> tokens = conversation.transcript.head();
  const auto append = [&tokens](const std::vector<Token>& more) {
    tokens.insert(tokens.end(), more.begin(), more.end());
  };
  for (const Exchange& exchange : conversation.transcript.exchanges()) {
    append(exchange.opening);
    append(exchange.sampled);
  }
  append(session.tokens);
  const Section sections[] = {{kModel, std::as_bytes(std::span(&model, 1))},
                              {kWords, std::as_bytes(std::span(words))},
                              {kTokens, bytes_of(tokens)},
                              {kLogits, bytes_of(session.logits)},
                              {kState, state}};
  return write_sections(path, kFormat, sections);
}

Result<void> load_conversation(const std::string& path, Conversation& conversation) {
  TRY(const SectionFile file, SectionFile::open(path, kFormat));
  const auto done = read(file, conversation);
  if (!done.ok()) return fail(done.error().code, path, ": ", done.error().message);
  return {};
}

}  // namespace ds4::engine
