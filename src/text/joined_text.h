// The spans of a prompt as one text: valid UTF-8, with the stretches in which added tokens may be
// recognised, and the way back to the input.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "text/added_tokens.h"
#include "text/span.h"

namespace ds4::text {

class JoinedText {
 public:
  struct Range {
    std::size_t begin, end;
  };

  // A view of `text` unless it must be repaired: `text` must outlive the object then.
  explicit JoinedText(std::string_view text, bool trusted);
  // `trust_all` makes every span a trusted one.
  explicit JoinedText(std::span<const Span> spans, bool trust_all = false);

  JoinedText(const JoinedText&) = delete;
  JoinedText& operator=(const JoinedText&) = delete;

  std::string_view text() const { return text_; }

  // Its size without the U+FFFD of a character that the end of the input cuts off.
  std::size_t complete_size() const { return complete_size_; }

  // Disjoint, in order, as long as they can be. A U+FFFD that replaces invalid bytes is in none.
  const std::vector<Range>& trusted() const { return trusted_; }

  // The added tokens: in each trusted stretch leftmost first, the longest there.
  std::vector<AddedTokens::Match> find_added(const AddedTokens& added) const;

  // The input position of a position in the text. Inside a U+FFFD that replaces invalid bytes these
  // are their first and the one behind their last.
  std::size_t source_begin(std::size_t at) const { return source(at, false); }
  std::size_t source_end(std::size_t at) const { return source(at, true); }

 private:
  std::size_t source(std::size_t at, bool end) const;
  void repair(std::string_view bytes, const std::vector<Range>& trusted);

  std::string storage_;
  std::string_view text_;
  std::size_t complete_size_ = 0;
  std::vector<Range> trusted_;
  std::vector<Utf8Repair> repairs_;
};

}  // namespace ds4::text
