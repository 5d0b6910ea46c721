#include "text/tokenizer.h"

#include <mutex>
#include <utility>

#include "base/check.h"
#include "text/bpe.h"
#include "text/piece_cache.h"
#include "text/pretokenizer.h"

namespace ds4::text {

namespace {

// What one call needs besides the vocabulary.
struct Worker {
  PieceCache cache;
  BpeScratch scratch;
};

// Appends the tokens of a plain run, which is valid UTF-8.
void append_run(const Vocabulary& vocabulary, Worker& worker, std::string_view run,
                std::vector<Token>& out) {
  const char* const end = run.data() + run.size();
  while (!run.empty()) {
    const std::string_view piece = run.substr(0, first_piece(run));
    run.remove_prefix(piece.size());
    if (piece.size() > PieceCache::kPieceMax) {
      append_bpe(vocabulary, piece, worker.scratch, out);
      continue;
    }
    const PieceCache::Key key = PieceCache::key(piece, end);
    if (const PieceCache::Entry* known = worker.cache.find(key)) {
      out.insert(out.end(), known->tokens.begin(), known->tokens.begin() + known->token_count);
      continue;
    }
    const std::size_t before = out.size();
    append_bpe(vocabulary, piece, worker.scratch, out);
    worker.cache.insert(key, out.data() + before, out.size() - before);
  }
}

void append_key(std::string& out, Token token) {
  out.push_back('\xFF');
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>(static_cast<std::uint32_t>(token) >> shift & 0xFF));
  }
}

}  // namespace

// Keeps workers between calls, so that a call finds a warm cache and threads do not share one.
class Tokenizer::Workers {
 public:
  std::unique_ptr<Worker> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Worker> worker = std::move(idle_.back());
        idle_.pop_back();
        return worker;
      }
    }
    return std::make_unique<Worker>();
  }

  void give_back(std::unique_ptr<Worker> worker) {
    // A piece of a megabyte is rare: do not hold its scratch.
    constexpr std::size_t kScratchKept = 65536;
    if (worker->scratch.tokens.capacity() > kScratchKept) worker->scratch = {};
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(worker));
  }

 private:
  static constexpr std::size_t kIdleMax = 8;  // up to 4 MiB each

  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;  // guarded by mutex_
};

Tokenizer::Tokenizer(Vocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)), workers_(std::make_unique<Workers>()) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::vector<Token> Tokenizer::encode_joined(std::string_view text,
                                            std::span<const AddedTokens::Match> added) const {
  CHECK(text.size() < UINT32_MAX);
  std::unique_ptr<Worker> worker = workers_->take();
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 4 + 8);
  std::size_t from = 0;
  for (const AddedTokens::Match& match : added) {
    append_run(vocabulary_, *worker, text.substr(from, match.at - from), tokens);
    tokens.push_back(match.token);
    from = match.at + match.size;
  }
  append_run(vocabulary_, *worker, text.substr(from), tokens);
  workers_->give_back(std::move(worker));
  return tokens;
}

std::vector<Token> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  const JoinedText joined(text, options.trust_specials);
  return encode_joined(joined.text(), joined.find_added(vocabulary_.added()));
}

std::vector<Token> Tokenizer::encode_spans(std::span<const Span> spans,
                                           const EncodeOptions& options) const {
  const JoinedText joined(spans, options.trust_specials);
  return encode_joined(joined.text(), joined.find_added(vocabulary_.added()));
}

std::vector<PlacedToken> Tokenizer::encode_placed(std::string_view text,
                                                  const EncodeOptions& options) const {
  return place(JoinedText(text, options.trust_specials));
}

std::vector<PlacedToken> Tokenizer::encode_spans_placed(std::span<const Span> spans,
                                                        const EncodeOptions& options) const {
  return place(JoinedText(spans, options.trust_specials));
}

// The tokens' bytes are the text, so their sizes are their places.
std::vector<PlacedToken> Tokenizer::place(const JoinedText& joined) const {
  const std::vector<Token> tokens =
      encode_joined(joined.text(), joined.find_added(vocabulary_.added()));
  std::vector<PlacedToken> placed;
  placed.reserve(tokens.size());
  std::size_t at = 0;
  for (const Token token : tokens) {
    const std::size_t end = at + vocabulary_.bytes(token).size();
    placed.push_back({token, joined.source_begin(at), joined.source_end(end)});
    at = end;
  }
  return placed;
}

std::string Tokenizer::decode(std::span<const Token> tokens) const {
  std::string bytes;
  for (const Token token : tokens) bytes += vocabulary_.bytes(token);
  return bytes;
}

std::string Tokenizer::key_bytes(std::span<const Token> tokens) const {
  std::string key;
  for (const Token token : tokens) {
    if (vocabulary_.is_added(token)) {
      append_key(key, token);
    } else {
      key += vocabulary_.bytes(token);
    }
  }
  return key;
}

std::string Tokenizer::key_bytes_of_spans(std::span<const Span> spans,
                                          const EncodeOptions& options) const {
  const JoinedText joined(spans, options.trust_specials);
  std::string key;
  std::size_t from = 0;
  for (const AddedTokens::Match& match : joined.find_added(vocabulary_.added())) {
    key += joined.text().substr(from, match.at - from);
    append_key(key, match.token);
    from = match.at + match.size;
  }
  key += joined.text().substr(from);
  return key;
}

}  // namespace ds4::text
