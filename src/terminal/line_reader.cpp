#include "terminal/line_reader.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "terminal/terminal_mode.h"

namespace ds4::terminal {
namespace {

// What follows an Escape key's byte sooner belongs to it.
constexpr int kSequenceWaitMs = 40;

bool has_input() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

ScreenSize size_of(const Screen& screen) {
  return {screen.style.columns, screen.rows};
}

}  // namespace

Screen standard_screen() {
  Screen screen{terminal_style(STDOUT_FILENO)};
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) screen.rows = size.ws_row;
  return screen;
}

bool can_edit_lines() {
  return ::isatty(STDIN_FILENO) == 1 && terminal_style(STDOUT_FILENO).redraw;
}

bool write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      // A terminal that somebody made non-blocking.
      pollfd output{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&output, 1, -1);
      continue;
    }
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

LineReader::LineReader(const History& history, Completer completer)
    : editor_(history, std::move(completer)) {}

LineReader::~LineReader() {
  set_input_mode(InputMode::as_before);
}

std::optional<std::string> LineReader::read(const std::string& prompt) {
  return can_edit_lines() ? read_edited(prompt) : read_plain(prompt);
}

void LineReader::draw(ScreenRegion& region) {
  const Screen screen = standard_screen();
  const LineEditor::View view = editor_.view(size_of(screen), screen.style.colour);
  write_out(region.show(view.rows, size_of(screen), view.cursor_row, view.cursor_column));
}

bool LineReader::wait(ScreenRegion& region) {
  // What has arrived is read before it is drawn: a long paste is drawn once.
  if (!has_input()) draw(region);
  pollfd sources[2] = {{STDIN_FILENO, POLLIN, 0}, {screen_news_descriptor(), POLLIN, 0}};
  const int ready = ::poll(sources, 2, keys_.is_waiting() ? kSequenceWaitMs : -1);
  if (ready == 0) keys_.no_more_soon();
  if (ready <= 0) return ready == 0 || errno == EINTR;
  if (sources[1].revents != 0) take_screen_news();
  if (sources[0].revents == 0) return true;
  char bytes[1 << 14];
  const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (count > 0) keys_.push({bytes, static_cast<std::size_t>(count)});
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

std::optional<std::string> LineReader::read_edited(const std::string& prompt) {
  set_input_mode(InputMode::editing);
  editor_.begin(prompt);
  ScreenRegion region;
  const auto end = [&] {
    const Screen screen = standard_screen();
    const auto rows = editor_.final_rows(size_of(screen), screen.style.colour);
    write_out(region.settle(rows, size_of(screen)));
    set_input_mode(InputMode::answering);
  };
  for (;;) {
    while (const auto key = keys_.next()) {
      switch (editor_.press(*key)) {
        case EditOutcome::more:
          break;
        case EditOutcome::done:
          end();
          return editor_.text();
        case EditOutcome::leave:
          end();
          return std::nullopt;
        case EditOutcome::suspend:
          end();
          ::raise(SIGTSTP);
          set_input_mode(InputMode::editing);
          break;
        case EditOutcome::clear_screen:
          region.forget();
          write_out("\x1b[H\x1b[2J");
          break;
      }
    }
    if (!wait(region)) {
      end();
      return std::nullopt;
    }
  }
}

std::optional<std::string> LineReader::read_plain(const std::string& prompt) {
  // Answers may go to a file: what is for the person only goes beside them.
  if (::isatty(STDIN_FILENO) == 1) {
    const int prompt_to = ::isatty(STDOUT_FILENO) == 1 ? STDOUT_FILENO : STDERR_FILENO;
    [[maybe_unused]] const auto count = ::write(prompt_to, prompt.data(), prompt.size());
  }
  std::string text;
  for (;;) {
    const std::size_t end = plain_.find('\n');
    if (end == plain_.npos && !is_over_) {
      char bytes[1 << 12];
      const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
      if (count > 0) plain_.append(bytes, static_cast<std::size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) is_over_ = true;
      continue;
    }
    if (plain_.empty() && is_over_) break;
    text += plain_.substr(0, end);
    plain_.erase(0, end == plain_.npos ? end : end + 1);
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (text.empty() || text.back() != '\\') return clean_input(text);
    // A backslash at the end: the line goes on.
    text.back() = '\n';
  }
  if (text.empty()) return std::nullopt;
  return clean_input(text);
}

}  // namespace ds4::terminal
