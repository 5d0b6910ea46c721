// For tests: a process at a terminal of its own, and somebody who types and looks.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/terminal_fixture.h"

namespace ds4::terminal {

class TerminalChild {
 public:
  // `job` runs in the child, whose standard input and output are the terminal; where it returns,
  // the child ends with status 7.
  explicit TerminalChild(const std::function<void()>& job, int columns = 80, int rows = 24) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    if (slave_ < 0) return;
    resize(columns, rows);
    ::tcgetattr(slave_, &before_);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::setsid();
    ::ioctl(slave_, TIOCSCTTY, 0);
    ::dup2(slave_, STDIN_FILENO);
    ::dup2(slave_, STDOUT_FILENO);
    ::close(master_);
    job();
    ::_exit(7);
  }
  ~TerminalChild() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(slave_);
    ::close(master_);
  }
  TerminalChild(const TerminalChild&) = delete;
  TerminalChild& operator=(const TerminalChild&) = delete;

  bool ok() const { return pid_ > 0; }
  void send(int signal) const { ::kill(pid_, signal); }
  void type(std::string_view bytes) const {
    CHECK(::write(master_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void resize(int columns, int rows) const {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = static_cast<unsigned short>(rows);
    CHECK(::ioctl(master_, TIOCSWINSZ, &size) == 0);
  }

  // Reads until `holds` of everything written so far; false after ten seconds.
  bool wait_until(const std::function<bool(const std::string&)>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds(seen_)) {
      if (std::chrono::steady_clock::now() > end) return false;
      pollfd source{master_, POLLIN, 0};
      if (::poll(&source, 1, 50) <= 0) continue;
      char bytes[4096];
      const ssize_t count = ::read(master_, bytes, sizeof bytes);
      if (count > 0) seen_.append(bytes, static_cast<std::size_t>(count));
    }
    return true;
  }
  bool wait_for(std::string_view text) {
    return wait_until([text](const std::string& seen) { return seen.find(text) != seen.npos; });
  }
  const std::string& seen() const { return seen_; }

  // Its exit status, or 128 and the signal that ended it.
  int wait_for_end() {
    int status = 0;
    // It may still have something to write.
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      pollfd source{master_, POLLIN, 0};
      char bytes[4096];
      if (::poll(&source, 1, 10) > 0) {
        const ssize_t count = ::read(master_, bytes, sizeof bytes);
        if (count > 0) seen_.append(bytes, static_cast<std::size_t>(count));
      }
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  // The terminal treats input as it did before the child.
  bool is_as_before() const {
    termios now{};
    ::tcgetattr(slave_, &now);
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag;
  }

 private:
  int master_ = -1, slave_ = -1;
  pid_t pid_ = -1;
  termios before_{};
  std::string seen_;
};

}  // namespace ds4::terminal
