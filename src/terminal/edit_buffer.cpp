#include "terminal/edit_buffer.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

constexpr std::size_t kPastMax = 200;
constexpr std::size_t kPastBytesMax = 1 << 17;  // of one text; longer ones have no past

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || byte == '_';
}
// The edges of the cluster that `at` stands in, or `at` itself if it stands between two.
std::size_t edge_after(std::string_view text, std::size_t at) {
  if (at == 0 || at == text.size()) return at;
  const std::size_t begin = previous_cluster(text, at);
  return begin + next_cluster(text.substr(begin)).bytes;
}
std::size_t edge_before(std::string_view text, std::size_t at) {
  return edge_after(text, at) == at ? at : previous_cluster(text, at);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

}  // namespace

void EditBuffer::set(std::string text) {
  text_ = std::move(text);
  cursor_ = text_.size();
}

void EditBuffer::insert(std::string_view text) {
  text_.insert(cursor_, text);
  cursor_ += text.size();
  cursor_ = edge_after(text_, cursor_);
}

void EditBuffer::replace_before(std::size_t from, std::string_view text) {
  text_.replace(from, cursor_ - from, text);
  cursor_ = from + text.size();
  cursor_ = edge_after(text_, cursor_);
}

void EditBuffer::move_left() {
  if (cursor_ > 0) cursor_ = previous_cluster(text_, cursor_);
}

void EditBuffer::move_right() {
  if (cursor_ < text_.size())
    cursor_ += next_cluster(std::string_view(text_).substr(cursor_)).bytes;
}

std::size_t EditBuffer::word_left() const {
  std::size_t at = cursor_;
  while (at > 0 && !is_word_byte(text_[at - 1])) --at;
  while (at > 0 && is_word_byte(text_[at - 1])) --at;
  return edge_before(text_, at);
}

std::size_t EditBuffer::word_right() const {
  std::size_t at = cursor_;
  while (at < text_.size() && !is_word_byte(text_[at])) ++at;
  while (at < text_.size() && is_word_byte(text_[at])) ++at;
  return edge_after(text_, at);
}

void EditBuffer::move_word_left() {
  cursor_ = word_left();
}
void EditBuffer::move_word_right() {
  cursor_ = word_right();
}

void EditBuffer::move_line_start() {
  while (cursor_ > 0 && text_[cursor_ - 1] != '\n') --cursor_;
}

void EditBuffer::move_line_end() {
  cursor_ = std::min(text_.find('\n', cursor_), text_.size());
}

void EditBuffer::erase_left() {
  const std::size_t end = cursor_;
  move_left();
  text_.erase(cursor_, end - cursor_);
  cursor_ = edge_after(text_, cursor_);
}

void EditBuffer::erase_right() {
  const std::size_t begin = cursor_;
  move_right();
  text_.erase(begin, cursor_ - begin);
  cursor_ = begin;
  cursor_ = edge_after(text_, cursor_);
}

void EditBuffer::kill(std::size_t begin, std::size_t end) {
  const std::string_view text = std::string_view(text_).substr(begin, end - begin);
  if (!kills_) killed_.clear();
  if (begin < cursor_) {
    killed_.insert(0, text);
  } else {
    killed_ += text;
  }
  kills_ = true;
  text_.erase(begin, end - begin);
  cursor_ = begin;
  cursor_ = edge_after(text_, cursor_);
}

void EditBuffer::kill_line_start() {
  std::size_t begin = cursor_;
  while (begin > 0 && text_[begin - 1] != '\n') --begin;
  // At the start of a line the line break before it goes.
  if (begin == cursor_ && begin > 0) --begin;
  kill(begin, cursor_);
}

void EditBuffer::kill_line_end() {
  std::size_t end = std::min(text_.find('\n', cursor_), text_.size());
  if (end == cursor_ && end < text_.size()) ++end;
  kill(cursor_, end);
}

void EditBuffer::kill_blank_word_left() {
  std::size_t begin = cursor_;
  while (begin > 0 && is_blank(text_[begin - 1])) --begin;
  while (begin > 0 && !is_blank(text_[begin - 1])) --begin;
  kill(edge_before(text_, begin), cursor_);
}

void EditBuffer::kill_word_left() {
  kill(word_left(), cursor_);
}
void EditBuffer::kill_word_right() {
  kill(cursor_, word_right());
}
void EditBuffer::yank() {
  insert(killed_);
}

void EditBuffer::transpose() {
  if (cursor_ == text_.size()) move_left();
  if (cursor_ == 0) return;
  const std::size_t middle = cursor_;
  const std::size_t begin = previous_cluster(text_, middle);
  move_right();
  std::rotate(text_.begin() + static_cast<std::ptrdiff_t>(begin),
              text_.begin() + static_cast<std::ptrdiff_t>(middle),
              text_.begin() + static_cast<std::ptrdiff_t>(cursor_));
  cursor_ = edge_after(text_, cursor_);
}

void EditBuffer::remember(bool is_typing) {
  const bool goes_on = is_typing && was_typing_;
  was_typing_ = is_typing;
  if (text_.size() > kPastBytesMax) return past_.clear();
  if (goes_on || (!past_.empty() && past_.back().text == text_)) return;
  if (past_.size() == kPastMax) past_.erase(past_.begin());
  past_.push_back({text_, cursor_});
}

void EditBuffer::undo() {
  was_typing_ = false;
  while (!past_.empty() && past_.back().text == text_) past_.pop_back();
  if (past_.empty()) return;
  text_ = std::move(past_.back().text);
  cursor_ = past_.back().cursor;
  past_.pop_back();
}

}  // namespace ds4::terminal
