#include "terminal/line_editor.h"

#include <algorithm>
#include <utility>

#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

constexpr std::size_t kChoicesShownMax = 60;
constexpr int kFinalRowsMax = 12, kFinalTailRows = 3;

std::string common_prefix(const std::vector<std::string>& words) {
  std::string prefix = words.front();
  for (const std::string& word : words) {
    const auto end = std::mismatch(prefix.begin(), prefix.end(), word.begin(), word.end()).first;
    prefix.erase(end, prefix.end());
  }
  // Not inside a character.
  while (!prefix.empty() && std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word.size() > prefix.size() &&
           (static_cast<unsigned char>(word[prefix.size()]) & 0xc0) == 0x80;
  })) {
    prefix.pop_back();
  }
  return prefix;
}

}  // namespace

LineEditor::LineEditor(const History& history, Completer completer)
    : history_(history), completer_(std::move(completer)) {}

void LineEditor::begin(std::string prompt) {
  prompt_ = std::move(prompt);
  buffer_ = EditBuffer();
  history_at_ = history_.entries().size();
  draft_.clear();
  search_.reset();
  choices_.clear();
  interrupted_ = false;
}

EditOutcome LineEditor::press(const Key& key) {
  choices_.clear();
  const bool was_interrupted = std::exchange(interrupted_, false);
  if (key == Key{KeyCode::text, "c", /*ctrl=*/true}) {
    interrupted_ = was_interrupted;
    return interrupt();
  }
  EditOutcome outcome = EditOutcome::more;
  if (search_ && press_in_search(key, outcome)) return outcome;

  const bool kills = key.code == KeyCode::backspace || key.code == KeyCode::text;
  if (!kills || !(key.ctrl || key.alt)) buffer_.end_kill();
  switch (key.code) {
    case KeyCode::text:
      return press_text(key);
    case KeyCode::paste:
      buffer_.remember(/*is_typing=*/false);
      buffer_.insert(key.text);
      break;
    case KeyCode::enter:
      return press_enter(key);
    case KeyCode::tab:
      complete();
      break;
    case KeyCode::backspace:
      buffer_.remember(/*is_typing=*/false);
      if (key.alt || key.ctrl) {
        buffer_.kill_word_left();
      } else {
        buffer_.erase_left();
      }
      break;
    case KeyCode::del:
      buffer_.remember(/*is_typing=*/false);
      buffer_.erase_right();
      break;
    case KeyCode::left:
      key.ctrl || key.alt ? buffer_.move_word_left() : buffer_.move_left();
      break;
    case KeyCode::right:
      key.ctrl || key.alt ? buffer_.move_word_right() : buffer_.move_right();
      break;
    case KeyCode::up:
      move_vertically(-1);
      break;
    case KeyCode::down:
      move_vertically(1);
      break;
    case KeyCode::home:
      key.ctrl ? buffer_.move_to(0) : buffer_.move_line_start();
      break;
    case KeyCode::end:
      key.ctrl ? buffer_.move_text_end() : buffer_.move_line_end();
      break;
    case KeyCode::page_up:
      go_in_history(-1);
      break;
    case KeyCode::page_down:
      go_in_history(1);
      break;
    case KeyCode::back_tab:
    case KeyCode::escape:
    case KeyCode::unknown:
      break;
  }
  return EditOutcome::more;
}

EditOutcome LineEditor::press_text(const Key& key) {
  if (key.ctrl) return press_control(key.text.front());
  if (key.alt) return press_alt(key.text.front());
  const bool is_typing = key.text != " " && key.text.size() < 8;
  buffer_.remember(is_typing);
  buffer_.insert(key.text);
  return EditOutcome::more;
}

EditOutcome LineEditor::press_control(char letter) {
  constexpr std::string_view kChanging = "dhkuwyt";
  if (kChanging.find(letter) != std::string_view::npos) buffer_.remember(/*is_typing=*/false);
  constexpr std::string_view kKilling = "kuw";
  if (kKilling.find(letter) == std::string_view::npos) buffer_.end_kill();
  switch (letter) {
    case 'a':
      buffer_.move_line_start();
      break;
    case 'b':
      buffer_.move_left();
      break;
    case 'd':
      if (buffer_.is_empty()) return EditOutcome::leave;
      buffer_.erase_right();
      break;
    case 'e':
      buffer_.move_line_end();
      break;
    case 'f':
      buffer_.move_right();
      break;
    case 'h':
      buffer_.erase_left();
      break;
    case 'j':
      return press_enter({KeyCode::enter});
    case 'k':
      buffer_.kill_line_end();
      break;
    case 'l':
      return EditOutcome::clear_screen;
    case 'n':
      move_vertically(1);
      break;
    case 'p':
      move_vertically(-1);
      break;
    case 'r':
      search_ = Search{{}, history_.entries().size(), buffer_.text()};
      break;
    case 't':
      buffer_.transpose();
      break;
    case 'u':
      buffer_.kill_line_start();
      break;
    case 'w':
      buffer_.kill_blank_word_left();
      break;
    case 'y':
      buffer_.yank();
      break;
    case 'z':
      return EditOutcome::suspend;
    case '_':
      buffer_.undo();
      break;
    default:
      break;
  }
  return EditOutcome::more;
}

EditOutcome LineEditor::press_alt(char letter) {
  switch (letter) {
    case 'b':
      buffer_.move_word_left();
      break;
    case 'f':
      buffer_.move_word_right();
      break;
    case 'd':
      buffer_.remember(/*is_typing=*/false);
      buffer_.kill_word_right();
      break;
    default:
      break;
  }
  return EditOutcome::more;
}

EditOutcome LineEditor::press_enter(const Key& key) {
  const bool ends_in_backslash = !buffer_.is_empty() && buffer_.cursor() == buffer_.text().size() &&
                                 buffer_.text().back() == '\\';
  if (!key.alt && !key.shift && !ends_in_backslash) return EditOutcome::done;
  buffer_.remember(/*is_typing=*/false);
  if (ends_in_backslash && !key.alt && !key.shift) buffer_.erase_left();
  buffer_.insert("\n");
  return EditOutcome::more;
}

EditOutcome LineEditor::interrupt() {
  if (search_) {
    buffer_.set(search_->old_text);
    search_.reset();
    return EditOutcome::more;
  }
  if (buffer_.is_empty() && interrupted_) return EditOutcome::leave;
  interrupted_ = true;
  buffer_.remember(/*is_typing=*/false);
  buffer_.set("");
  history_at_ = history_.entries().size();
  return EditOutcome::more;
}

// False where the search is over and the key goes on to the line it found.
bool LineEditor::press_in_search(const Key& key, EditOutcome& outcome) {
  outcome = EditOutcome::more;
  const auto is_ctrl = [&](const char* letter) {
    return key.code == KeyCode::text && key.ctrl && key.text == letter;
  };
  if (is_ctrl("r")) {
    search(/*further=*/true);
  } else if (is_ctrl("g")) {
    buffer_.set(search_->old_text);
    search_.reset();
  } else if (key.code == KeyCode::escape) {
    search_.reset();
  } else if (key.code == KeyCode::backspace || is_ctrl("h")) {
    std::string& words = search_->words;
    if (!words.empty()) words.erase(previous_cluster(words, words.size()));
    search_->found = history_.entries().size();
    search(/*further=*/false);
  } else if ((key.code == KeyCode::text && !key.ctrl && !key.alt) || key.code == KeyCode::paste) {
    search_->words += key.text.substr(0, key.text.find('\n'));
    search(/*further=*/false);
  } else {
    search_.reset();
    return false;
  }
  return true;
}

void LineEditor::search(bool further) {
  if (search_->words.empty()) {
    buffer_.set(search_->old_text);
    search_->failed = false;
    return;
  }
  const std::size_t end = further ? search_->found : search_->found + 1;
  const auto found = history_.find_before(end, search_->words);
  search_->failed = !found.has_value();
  if (!found) return;
  search_->found = *found;
  history_at_ = *found;
  const std::string& entry = history_.entries()[*found];
  buffer_.set(entry);
  buffer_.move_to(entry.find(search_->words));
}

void LineEditor::move_vertically(int rows) {
  const Layout layout = lay_out(columns_);
  const int target = layout.cursor_row + rows;
  if (target < 0 || target >= static_cast<int>(layout.rows.size())) return go_in_history(rows);
  // The place in the other row that is nearest to the cursor's column, found by going there.
  const std::size_t start = buffer_.cursor();
  std::size_t best = start;
  while (rows < 0 ? buffer_.cursor() > 0 : buffer_.cursor() < buffer_.text().size()) {
    rows < 0 ? buffer_.move_left() : buffer_.move_right();
    const Layout now = lay_out(columns_);
    if (rows < 0 ? now.cursor_row < target : now.cursor_row > target) break;
    if (now.cursor_row != target) continue;
    const bool is_past = now.cursor_column > layout.cursor_column;
    if (rows < 0 || !is_past || best == start) best = buffer_.cursor();
    if (rows < 0 ? now.cursor_column <= layout.cursor_column : is_past) break;
  }
  buffer_.move_to(best);
}

void LineEditor::go_in_history(int steps) {
  const auto& entries = history_.entries();
  const auto target = static_cast<std::ptrdiff_t>(history_at_) + steps;
  if (target < 0 || target > static_cast<std::ptrdiff_t>(entries.size())) return;
  if (history_at_ == entries.size()) draft_ = buffer_.text();
  history_at_ = static_cast<std::size_t>(target);
  buffer_.remember(/*is_typing=*/false);
  buffer_.set(history_at_ == entries.size() ? draft_ : entries[history_at_]);
}

void LineEditor::complete() {
  if (!completer_) return;
  const Completions found = completer_(buffer_.before_cursor());
  if (found.words.empty()) return;
  const std::string prefix = common_prefix(found.words);
  const std::string_view typed = buffer_.before_cursor().substr(found.from);
  if (found.words.size() > 1 && prefix.size() <= typed.size()) {
    choices_ = found.words;
    return;
  }
  buffer_.remember(/*is_typing=*/false);
  buffer_.replace_before(found.from, prefix);
}

LineEditor::Layout LineEditor::lay_out(int columns) const {
  Layout layout;
  std::string prompt = prompt_;
  if (search_) {
    prompt = (search_->failed ? "no such line: '" : "search: '") + search_->words + "' ";
  }
  prompt = std::string(fitting(prompt, columns / 2));
  const int indent = std::min(display_width(prompt_), columns / 2);
  layout.rows.push_back({{prompt, kPrompt}});
  int used = display_width(prompt);
  const auto next_row = [&] {
    layout.rows.push_back({{std::string(static_cast<std::size_t>(indent), ' '), kPlain}});
    used = indent;
  };
  const std::string_view text = buffer_.text();
  for (std::size_t at = 0; at <= text.size();) {
    const Cluster cluster = at < text.size() ? next_cluster(text.substr(at)) : Cluster{1, 1};
    const bool is_tab = at < text.size() && text[at] == '\t';
    const int width = is_tab ? 4 : cluster.columns;
    // A cursor at the end needs a column of its own.
    if (used + std::max(width, 1) > columns) next_row();
    if (at == buffer_.cursor()) {
      layout.cursor_row = static_cast<int>(layout.rows.size()) - 1;
      layout.cursor_column = used;
    }
    if (at < text.size()) {
      if (text[at] == '\n') {
        next_row();
      } else {
        append_span(layout.rows.back(), is_tab ? "    " : text.substr(at, cluster.bytes), kPlain);
        used += width;
      }
    }
    at += cluster.bytes;
  }
  return layout;
}

std::vector<Spans> LineEditor::hint_rows(int columns) const {
  if (interrupted_ && buffer_.is_empty()) return {{{"Ctrl+C again, or Ctrl+D, leaves.", kDim}}};
  if (choices_.empty()) return {};
  Spans line;
  for (std::size_t i = 0; i < choices_.size() && i < kChoicesShownMax; ++i) {
    append_span(line, (i > 0 ? "  " : "") + choices_[i], kDim);
  }
  if (choices_.size() > kChoicesShownMax) {
    append_span(line, "  and " + std::to_string(choices_.size() - kChoicesShownMax) + " more",
                kDim);
  }
  return wrap_words(line, columns, columns);
}

LineEditor::View LineEditor::view(ScreenSize size, bool colour) const {
  columns_ = size.columns;
  Layout layout = lay_out(size.columns);
  std::vector<Row> rows;
  for (const Spans& row : layout.rows) rows.push_back(draw_row(row, colour));
  const auto hints = hint_rows(size.columns);
  const int limit = std::max(size.rows - 1, 1);
  const int hint_count = std::min(static_cast<int>(hints.size()), std::max(limit - 3, 0));
  RowWindow window =
      window_around(std::move(rows), layout.cursor_row, std::max(limit - hint_count, 1), colour);
  for (int i = 0; i < hint_count; ++i) {
    Spans hint = hints[static_cast<std::size_t>(i)];
    window.rows.push_back(draw_row(hint, colour));
  }
  return {std::move(window.rows), window.focus, layout.cursor_column};
}

std::vector<Row> LineEditor::final_rows(ScreenSize size, bool colour) const {
  Layout layout = lay_out(size.columns);
  std::vector<Row> rows;
  for (const Spans& row : layout.rows) rows.push_back(draw_row(row, colour));
  const int limit = std::min(kFinalRowsMax, std::max(size.rows - 1, 1));
  return head_and_tail(std::move(rows), limit, kFinalTailRows, colour);
}

}  // namespace ds4::terminal
