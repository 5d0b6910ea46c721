// For tests of what people see: a pipe, a pretended terminal, a variable set for a while.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "base/check.h"

namespace ds4 {

// Everything that is there to read now.
inline std::string drain(int descriptor) {
  CHECK(::fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0);
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(descriptor, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

// A pipe whose reader looks afterwards; it holds 64 KiB.
class PipeEnd {
 public:
  PipeEnd() { CHECK(::pipe(ends_) == 0); }
  ~PipeEnd() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;
  int descriptor() const { return ends_[1]; }
  std::string text() { return drain(ends_[0]); }

 private:
  int ends_[2] = {-1, -1};
};

// The program's side of a terminal that nobody sits at. It holds about 4 KiB.
class FakeTerminal {
 public:
  explicit FakeTerminal(int columns) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    if (slave_ >= 0) resize(columns);
  }
  // A container may have no /dev/pts.
  bool ok() const { return slave_ >= 0; }
  ~FakeTerminal() {
    ::close(slave_);
    ::close(master_);
  }
  FakeTerminal(const FakeTerminal&) = delete;
  FakeTerminal& operator=(const FakeTerminal&) = delete;
  void resize(int columns) {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    CHECK(::ioctl(slave_, TIOCSWINSZ, &size) == 0);
  }
  int descriptor() const { return slave_; }
  std::string text() { return drain(master_); }

 private:
  int master_ = -1;
  int slave_ = -1;
};

class SavedVariable {
 public:
  SavedVariable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value, 1);
  }
  ~SavedVariable() {
    if (old_) {
      ::setenv(name_, old_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  SavedVariable(const SavedVariable&) = delete;
  SavedVariable& operator=(const SavedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

// At the start of a test, after its FakeTerminal.
#define DS4_NEED_TERMINAL(terminal) \
  if (!(terminal).ok()) GTEST_SKIP() << "this system gives no pseudo-terminal"

}  // namespace ds4
