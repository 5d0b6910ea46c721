#include "terminal/terminal_mode.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "base/atomic_file.h"
#include "base/check.h"

namespace ds4::terminal {
namespace {

constexpr std::string_view kBeginEditing = "\x1b[?2004h";
constexpr std::string_view kEndEditing = "\x1b[?2004l";
constexpr std::string_view kPlainAgain = "\x1b[0m\x1b[?25h";
constexpr int kInterruptsMax = 3;

constexpr int kEndingSignals[] = {SIGTERM, SIGHUP, SIGQUIT, SIGABRT,
                                  SIGSEGV, SIGBUS, SIGFPE,  SIGILL};

// What handlers need; all of it is set before they are installed, or atomic.
termios before{};
std::atomic<InputMode> current_mode = InputMode::as_before;
int news_pipe[2] = {-1, -1};
struct sigaction old_actions[std::size(kEndingSignals)];
struct sigaction old_interrupt;
std::atomic<OnInterrupt::Function> interrupt_function = nullptr;
std::atomic<void*> interrupt_argument = nullptr;
std::atomic<int> interrupts = 0;

void say(std::string_view text) {
  // Where even this cannot be written, nothing is left to do.
  [[maybe_unused]] const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
}

void apply(InputMode mode) {
  termios now = before;
  if (mode != InputMode::as_before) {
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
  }
  if (mode == InputMode::editing) {
    now.c_lflag &= ~static_cast<tcflag_t>(ISIG);
    now.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IXON | ISTRIP);
  }
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
}

void put_right() {
  const InputMode mode = current_mode.load();
  if (mode == InputMode::as_before) return;
  if (mode == InputMode::editing) say(kEndEditing);
  say(kPlainAgain);
  apply(InputMode::as_before);
}

void end_by(int signal, const struct sigaction& action) {
  put_right();
  remove_unfinished_files();
  ::sigaction(signal, &action, nullptr);
  ::raise(signal);
}

void on_end(int signal) {
  const int error = errno;
  for (std::size_t i = 0; i < std::size(kEndingSignals); ++i) {
    if (kEndingSignals[i] == signal) end_by(signal, old_actions[i]);
  }
  errno = error;
}

void on_interrupt(int signal) {
  const int error = errno;
  const OnInterrupt::Function function = interrupt_function.load();
  if (function == nullptr || ++interrupts >= kInterruptsMax) {
    end_by(signal, old_interrupt);
  } else {
    function(interrupt_argument.load());
  }
  errno = error;
}

void on_news(int) {
  const int error = errno;
  const char byte = 0;
  [[maybe_unused]] const auto count = ::write(news_pipe[1], &byte, 1);
  errno = error;
}

void install(int signal, void (*handler)(int), struct sigaction* old, int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, old);
}

void on_suspend(int signal) {
  const int error = errno;
  put_right();
  // Stops here, by the default action, until somebody continues the program.
  struct sigaction ours {};
  struct sigaction theirs {};
  theirs.sa_handler = SIG_DFL;
  ::sigemptyset(&theirs.sa_mask);
  ::sigaction(signal, &theirs, &ours);
  sigset_t unblocked, mask;
  ::sigemptyset(&unblocked);
  ::sigaddset(&unblocked, signal);
  ::raise(signal);
  ::pthread_sigmask(SIG_UNBLOCK, &unblocked, &mask);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::sigaction(signal, &ours, nullptr);
  const InputMode mode = current_mode.load();
  apply(mode);
  if (mode == InputMode::editing) say(kBeginEditing);
  on_news(signal);
  errno = error;
}

void open_news() {
  if (news_pipe[0] >= 0) return;
  CHECK(::pipe(news_pipe) == 0);
  for (int end : news_pipe) {
    ::fcntl(end, F_SETFL, O_NONBLOCK);
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
}

// Ctrl+C also works without a terminal of ours: another program may send the signal.
void install_interrupt() {
  static bool is_installed = false;
  if (is_installed) return;
  is_installed = true;
  install(SIGINT, on_interrupt, &old_interrupt, SA_RESTART);
}

void prepare() {
  static bool is_prepared = false;
  if (is_prepared) return;
  is_prepared = true;
  ::tcgetattr(STDIN_FILENO, &before);
  open_news();
  for (std::size_t i = 0; i < std::size(kEndingSignals); ++i) {
    install(kEndingSignals[i], on_end, &old_actions[i], 0);
  }
  install_interrupt();
  install(SIGTSTP, on_suspend, nullptr, SA_RESTART);
  install(SIGWINCH, on_news, nullptr, SA_RESTART);
  std::atexit(put_right);
}

}  // namespace

void set_input_mode(InputMode mode) {
  if (mode == current_mode.load()) return;
  prepare();
  if (current_mode.load() == InputMode::editing) say(kEndEditing);
  current_mode.store(mode);
  apply(mode);
  if (mode == InputMode::editing) say(kBeginEditing);
}

int screen_news_descriptor() {
  open_news();
  return news_pipe[0];
}

void take_screen_news() {
  char bytes[64];
  while (::read(news_pipe[0], bytes, sizeof bytes) > 0) {
  }
}

OnInterrupt::OnInterrupt(Function function, void* argument) {
  CHECK(interrupt_function.load() == nullptr);
  interrupts.store(0);
  interrupt_argument.store(argument);
  interrupt_function.store(function);
  install_interrupt();
}

OnInterrupt::~OnInterrupt() {
  interrupt_function.store(nullptr);
}

bool OnInterrupt::happened() const {
  return interrupts.load() > 0;
}

}  // namespace ds4::terminal
