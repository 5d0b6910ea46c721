#include "text/incremental_encoder.h"

#include <algorithm>

#include "base/utf8.h"
#include "text/pretokenizer.h"
#include "text/unicode_tables.h"

namespace ds4::text {

namespace {

// Where the white space at the end of a valid text begins.
std::size_t trailing_space(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0) {
    std::size_t begin = at - 1;
    while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    std::size_t length = 0;
    if (!(char_class(decode_valid(text.data() + begin, length)) & kSpace)) break;
    at = begin;
  }
  return at;
}

// The start of the first piece of a plain run that may change when text follows: the last one, or
// the one in which the white space at the end begins.
std::size_t last_safe_cut(std::string_view run) {
  const std::size_t space = trailing_space(run);
  std::size_t at = 0;
  for (std::size_t end = 0; end < run.size();) {
    at = end;
    end += first_piece(run.substr(at));
    if (end > space) break;
  }
  return at;
}

// Where text in `joined` may yet become part of an added token, or of a longer one. Drops the
// matches behind that.
std::size_t first_unsettled(const JoinedText& joined, const AddedTokens& added,
                            std::vector<AddedTokens::Match>& matches) {
  const std::string_view text = joined.text().substr(0, joined.complete_size());
  if (joined.trusted().empty() || joined.trusted().back().end != text.size()) return text.size();
  std::size_t at = added.first_unsettled(text, joined.trusted().back().begin);
  for (const AddedTokens::Match& match : matches) {
    // Inside an earlier match nothing can begin.
    if (match.at < at && at < match.at + match.size) {
      at = added.first_unsettled(text, match.at + match.size);
    }
  }
  while (!matches.empty() && matches.back().at >= at) matches.pop_back();
  return at;
}

void drop_front(std::vector<Span>& spans, std::size_t bytes) {
  std::size_t whole = 0;
  while (whole < spans.size() && spans[whole].bytes.size() <= bytes) {
    bytes -= spans[whole].bytes.size();
    ++whole;
  }
  spans.erase(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(whole));
  if (bytes > 0) spans.front().bytes.erase(0, bytes);
}

}  // namespace

IncrementalEncoder::Change IncrementalEncoder::append(std::string_view bytes, bool trusted) {
  if (!tail_.empty() && tail_.back().trusted == trusted) {
    tail_.back().bytes += bytes;
  } else {
    tail_.push_back({std::string(bytes), trusted});
  }
  std::size_t cut_in_input = 0;
  std::size_t cut = 0;
  std::vector<Token> tokens;
  {
    const JoinedText joined(tail_, options_.trust_specials);
    const Vocabulary& vocabulary = tokenizer_.vocabulary();
    std::vector<AddedTokens::Match> matches = joined.find_added(vocabulary.added());
    tokens = tokenizer_.encode_joined(joined.text(), matches);

    const std::size_t end = first_unsettled(joined, vocabulary.added(), matches);
    const std::size_t begin = matches.empty() ? 0 : matches.back().at + matches.back().size;
    cut = begin + last_safe_cut(joined.text().substr(begin, end - begin));
    cut_in_input = joined.source_begin(cut);
  }

  Change change;
  const auto same =
      std::mismatch(tail_tokens_.begin(), tail_tokens_.end(), tokens.begin(), tokens.end());
  change.keep = settled_count_ + static_cast<std::size_t>(same.first - tail_tokens_.begin());
  change.tokens.assign(same.second, tokens.end());

  std::size_t settled = 0;
  for (std::size_t at = 0; at < cut; ++settled)
    at += tokenizer_.token_bytes(tokens[settled]).size();
  settled_count_ += settled;
  tail_tokens_.assign(tokens.begin() + static_cast<std::ptrdiff_t>(settled), tokens.end());
  drop_front(tail_, cut_in_input);
  return change;
}

}  // namespace ds4::text
