#include "terminal/answer_view.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/utf8.h"
#include "terminal/display_width.h"
#include "terminal/status_line.h"

namespace ds4::terminal {
namespace {

ScreenSize size_of(const Screen& screen) {
  return {screen.style.columns, screen.rows};
}

}  // namespace

Look AnswerView::look(const Screen& screen) const {
  return {.columns = screen.style.columns,
          .colour = screen.style.colour,
          .unicode = screen.style.unicode,
          .base = static_cast<Styles>(part_ == Part::thinking ? kDim : kPlain)};
}

std::string AnswerView::settle(const std::vector<Row>& rows, const Screen& screen) {
  return region_.settle(rows, size_of(screen));
}

// Text for a terminal that cannot redraw: each piece at once, only made harmless.
std::string AnswerView::plain(std::string_view piece) {
  held_ += piece;
  std::size_t cut = incomplete_utf8_tail(held_);
  if (cut == 0 && !held_.empty() && held_.back() == '\r') cut = 1;
  const std::string out = safe_text(std::string_view(held_).substr(0, held_.size() - cut));
  held_.erase(0, held_.size() - cut);
  if (!out.empty()) at_row_start_ = out.back() == '\n';
  return out;
}

std::string AnswerView::text(Part part, std::string_view piece, const Screen& screen) {
  if (piece.empty()) return "";
  std::string out;
  if (part_ != part) {
    out = end_part(screen);
    // An empty row between thinking and answer.
    if (part_ != Part::none) out += note("", kPlain, screen);
    part_ = part;
  }
  if (!screen.style.redraw) return out + plain(piece);
  const std::vector<Row> settled = stream_.push(piece, look(screen));
  if (!settled.empty()) out += settle(settled, screen);
  // Only what can be redrawn is live: the end of it, if it is higher than the screen.
  std::vector<Row> live = stream_.live(look(screen));
  const int last = std::max(static_cast<int>(live.size()) - 1, 0);
  live =
      window_around(std::move(live), last, std::max(screen.rows - 1, 1), screen.style.colour).rows;
  return out + region_.show(std::move(live), size_of(screen));
}

std::string AnswerView::end_part(const Screen& screen) {
  if (!screen.style.redraw) {
    std::string out = held_.empty() ? "" : safe_text(std::exchange(held_, {}));
    if (!out.empty()) at_row_start_ = false;
    if (!std::exchange(at_row_start_, true)) out += '\n';
    return out;
  }
  return settle(stream_.finish(look(screen)), screen);
}

std::string AnswerView::note(std::string_view text, Styles style, const Screen& screen) {
  if (!screen.style.redraw) return safe_text(text) + "\n";
  std::vector<Row> rows;
  const std::string safe = safe_text(text);
  for (std::string_view rest = safe;;) {
    const std::size_t end = rest.find('\n');
    const Spans line = {{expand_tabs(rest.substr(0, end)), style}};
    for (const Spans& row : wrap_words(line, screen.style.columns, screen.style.columns)) {
      rows.push_back(draw_row(row, screen.style.colour));
    }
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
  }
  return settle(rows, screen);
}

std::string AnswerView::finished(const Finished& finished, const Screen& screen) {
  std::string out = end_part(screen);
  const bool said_something = part_ != Part::none;
  part_ = Part::none;
  const std::string status = hides_figures_ ? "" : status_line(finished);
  if (said_something && !status.empty()) out += note("", kPlain, screen);
  if (!status.empty()) out += note(status, kDim, screen);
  return out;
}

std::string AnswerView::show(const Event& event, const Screen& screen) {
  return std::visit(
      [&](const auto& e) -> std::string {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, ds4::Progress>) {
          if (!screen.style.redraw) return "";
          const std::string bar = prompt_progress(e, screen.style);
          if (bar.empty()) return region_.clear(size_of(screen));
          return region_.show({{bar, screen.style.columns - 1}}, size_of(screen));
        } else if constexpr (std::is_same_v<E, ReasoningText>) {
          return hides_thinking_ ? "" : text(Part::thinking, e.text, screen);
        } else if constexpr (std::is_same_v<E, AnswerText>) {
          return text(Part::answer, e.text, screen);
        } else if constexpr (std::is_same_v<E, ToolCallStarted>) {
          call_ = "calls " + e.name + " ";
          return "";
        } else if constexpr (std::is_same_v<E, ToolCallArguments>) {
          call_ += e.json;
          return "";
        } else if constexpr (std::is_same_v<E, ToolCallEnded>) {
          return end_part(screen) + note(std::exchange(call_, {}), kCode, screen);
        } else if constexpr (std::is_same_v<E, ToolCallFailed>) {
          return end_part(screen) + note("a call cannot be read: " + e.reason, kDim, screen);
        } else if constexpr (std::is_same_v<E, Finished>) {
          return finished(e, screen);
        } else {
          return "";
        }
      },
      event);
}

}  // namespace ds4::terminal
