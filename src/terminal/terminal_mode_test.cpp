#include "terminal/terminal_mode.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace ds4::terminal {
namespace {

// Runs `job` in a process of its own at a terminal of its own.
class Child {
 public:
  explicit Child(const std::function<void()>& job) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
    const std::string name = ::ptsname(master_);
    slave_ = ::open(name.c_str(), O_RDWR | O_NOCTTY);
    if (slave_ < 0) return;
    ::tcgetattr(slave_, &before_);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::setsid();
    ::ioctl(slave_, TIOCSCTTY, 0);
    ::dup2(slave_, 0);
    ::dup2(slave_, 1);
    job();
    ::_exit(7);
  }
  ~Child() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    ::close(slave_);
    ::close(master_);
  }
  bool ok() const { return pid_ > 0; }
  void send(int signal) const { ::kill(pid_, signal); }
  void type(std::string_view bytes) const {
    ASSERT_EQ(::write(master_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // Everything written until `text` has come.
  bool wait_for(std::string_view text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (seen_.find(text) == seen_.npos && std::chrono::steady_clock::now() < end) {
      pollfd source{master_, POLLIN, 0};
      if (::poll(&source, 1, 100) <= 0) continue;
      char bytes[1000];
      const ssize_t count = ::read(master_, bytes, sizeof bytes);
      if (count > 0) seen_.append(bytes, static_cast<std::size_t>(count));
    }
    return seen_.find(text) != seen_.npos;
  }
  int wait_for_end() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  bool is_as_before() const {
    termios now{};
    ::tcgetattr(slave_, &now);
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag;
  }
  const std::string& seen() const { return seen_; }

 private:
  int master_ = -1, slave_ = -1;
  pid_t pid_ = -1;
  termios before_{};
  std::string seen_;
};

void say(const char* text) {
  ASSERT_GT(::write(1, text, ::strlen(text)), 0);
}

TEST(terminal_mode, is_put_right_however_the_program_ends) {
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGSEGV}) {
    Child child([] {
      set_input_mode(InputMode::editing);
      say("ready");
      for (;;) ::pause();
    });
    if (!child.ok()) GTEST_SKIP() << "this system gives no pseudo-terminal";
    ASSERT_TRUE(child.wait_for("ready"));
    EXPECT_FALSE(child.is_as_before());
    child.send(signal);
    EXPECT_TRUE(child.wait_for("\x1b[?2004l")) << signal;
    EXPECT_NE(child.wait_for_end(), 7) << signal;
    EXPECT_TRUE(child.is_as_before()) << signal;
  }
  Child child([] {
    set_input_mode(InputMode::editing);
    ::exit(0);
  });
  EXPECT_EQ(child.wait_for_end(), 0);
  EXPECT_TRUE(child.is_as_before());
}

TEST(terminal_mode, ctrl_c_interrupts_and_three_times_ends) {
  Child child([] {
    static int stops = 0;
    set_input_mode(InputMode::answering);
    const OnInterrupt interrupt([](void* count) { ++*static_cast<int*>(count); }, &stops);
    say("ready");
    int told = 0;
    for (;;) {
      ::usleep(1000);
      if (stops > told) say(told++ == 0 ? "one" : "two");
    }
  });
  if (!child.ok()) GTEST_SKIP() << "this system gives no pseudo-terminal";
  ASSERT_TRUE(child.wait_for("ready"));
  child.type("\x03");
  EXPECT_TRUE(child.wait_for("one"));
  child.type("\x03");
  EXPECT_TRUE(child.wait_for("two"));
  // What is typed while an answer runs is not shown.
  EXPECT_EQ(child.seen().find("^C"), std::string::npos);
  child.type("\x03");
  EXPECT_EQ(child.wait_for_end(), 128 + SIGINT);
  EXPECT_TRUE(child.is_as_before());
}

TEST(terminal_mode, is_put_right_while_suspended) {
  Child child([] {
    set_input_mode(InputMode::editing);
    say("ready");
    // Nobody else is in this session to continue an orphan: the stop is tried, and goes on at once.
    ::raise(SIGTSTP);
    say("again");
    for (;;) ::pause();
  });
  if (!child.ok()) GTEST_SKIP() << "this system gives no pseudo-terminal";
  ASSERT_TRUE(child.wait_for("again"));
  const std::size_t off = child.seen().find("\x1b[?2004l");
  EXPECT_NE(off, std::string::npos);
  EXPECT_NE(child.seen().find("\x1b[?2004h", off), std::string::npos);
  EXPECT_FALSE(child.is_as_before());
}

TEST(terminal_mode, tells_of_another_size) {
  Child child([] {
    set_input_mode(InputMode::editing);
    pollfd news{screen_news_descriptor(), POLLIN, 0};
    say("ready");
    while (::poll(&news, 1, -1) <= 0) {
    }
    take_screen_news();
    say(::poll(&news, 1, 0) == 0 ? "taken" : "still there");
    for (;;) ::pause();
  });
  if (!child.ok()) GTEST_SKIP() << "this system gives no pseudo-terminal";
  ASSERT_TRUE(child.wait_for("ready"));
  child.send(SIGWINCH);
  EXPECT_TRUE(child.wait_for("taken"));
}

}  // namespace
}  // namespace ds4::terminal
