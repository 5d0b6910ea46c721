#include "text/joined_text.h"

#include <algorithm>

namespace ds4::text {

JoinedText::JoinedText(std::string_view text, bool trusted)
    : text_(text), complete_size_(text.size()) {
  if (trusted && !text.empty()) trusted_.push_back({0, text.size()});
  if (!is_valid_utf8(text)) repair(text, trusted_);
}

JoinedText::JoinedText(std::span<const Span> spans, bool trust_all) {
  std::size_t size = 0;
  for (const Span& span : spans) size += span.bytes.size();
  storage_.reserve(size);
  for (const Span& span : spans) {
    const std::size_t begin = storage_.size();
    storage_ += span.bytes;
    if (span.bytes.empty() || !(span.trusted || trust_all)) continue;
    if (!trusted_.empty() && trusted_.back().end == begin) {
      trusted_.back().end = storage_.size();
    } else {
      trusted_.push_back({begin, storage_.size()});
    }
  }
  text_ = storage_;
  complete_size_ = text_.size();
  if (!is_valid_utf8(text_)) {
    const std::string bytes = std::move(storage_);
    storage_.clear();
    repair(bytes, trusted_);
  }
}

void JoinedText::repair(std::string_view bytes, const std::vector<Range>& trusted) {
  std::string valid;
  valid.reserve(bytes.size());
  append_valid_utf8(valid, bytes, &repairs_);

  // Between two repairs the text is the input, moved: cut the trusted ranges at the repairs.
  std::vector<Range> moved;
  std::size_t range = 0;
  std::size_t source_from = 0, text_from = 0;
  for (std::size_t index = 0; index <= repairs_.size(); ++index) {
    const bool last = index == repairs_.size();
    const std::size_t source_to = last ? bytes.size() : repairs_[index].source;
    while (range < trusted.size() && trusted[range].end <= source_from) ++range;
    for (std::size_t r = range; r < trusted.size() && trusted[r].begin < source_to; ++r) {
      const std::size_t begin = std::max(trusted[r].begin, source_from);
      const std::size_t end = std::min(trusted[r].end, source_to);
      if (begin < end) {
        moved.push_back({begin - source_from + text_from, end - source_from + text_from});
      }
    }
    if (last) break;
    source_from = repairs_[index].source + repairs_[index].length;
    text_from = repairs_[index].at + kReplacement.size();
  }
  trusted_ = std::move(moved);
  storage_ = std::move(valid);
  text_ = storage_;
  complete_size_ = text_.size() - (incomplete_utf8_tail(bytes) > 0 ? kReplacement.size() : 0);
}

std::vector<AddedTokens::Match> JoinedText::find_added(const AddedTokens& added) const {
  std::vector<AddedTokens::Match> matches;
  for (const Range& range : trusted_) {
    const std::string_view reach = text_.substr(0, range.end);
    for (std::size_t from = range.begin; const auto match = added.find(reach, from);) {
      matches.push_back(*match);
      from = match->at + match->size;
    }
  }
  return matches;
}

std::size_t JoinedText::source(std::size_t at, bool end) const {
  // The last repair that begins before `at` decides (at its very beginning nothing has moved yet).
  const auto after =
      std::upper_bound(repairs_.begin(), repairs_.end(), at,
                       [](std::size_t wanted, const Utf8Repair& r) { return wanted <= r.at; });
  if (after == repairs_.begin()) return at;
  const Utf8Repair& repair = *(after - 1);
  const std::size_t behind = repair.at + kReplacement.size();
  const std::size_t source_behind = repair.source + repair.length;
  if (at >= behind) return source_behind + (at - behind);
  return end ? source_behind : repair.source;
}

}  // namespace ds4::text
