#include "base/unfinished_files.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/atomic_file.h"

namespace ds4 {

// A list that only grows, of slots that are used again: a signal handler may walk it at any
// instant. Whoever takes the path out of a slot owns it.
struct UnfinishedFile::Slot {
  std::atomic<char*> path{nullptr};
  std::atomic<bool> taken{false};
  Slot* next = nullptr;
};

namespace {

std::atomic<void*> first_slot{nullptr};
std::atomic<pid_t> owner{0};

extern "C" void remove_and_die(int number) {
  const int saved = errno;
  remove_unfinished_files();
  errno = saved;
  // The handler was installed for one time only: this ends the program as if it had none.
  ::raise(number);
}

// Every time, because a program may have changed its mind since the last file.
void install_handlers() {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = remove_and_die;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }
  // A file over the limit of `ulimit -f` shall be an error of write(), not the end.
  struct sigaction now {};
  if (::sigaction(SIGXFSZ, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    ::signal(SIGXFSZ, SIG_IGN);
  }
}

}  // namespace

UnfinishedFile::UnfinishedFile(const std::string& path) {
  install_handlers();
  owner = ::getpid();

  slot_ = static_cast<Slot*>(first_slot.load());
  while (slot_ != nullptr && slot_->taken.exchange(true)) slot_ = slot_->next;
  if (slot_ == nullptr) {
    slot_ = new Slot;  // never freed: a handler may be looking at it
    slot_->taken = true;
    void* head = first_slot.load();
    do {
      slot_->next = static_cast<Slot*>(head);
    } while (!first_slot.compare_exchange_weak(head, slot_));
  }
  slot_->path = ::strdup(path.c_str());
}

UnfinishedFile::~UnfinishedFile() {
  std::free(slot_->path.exchange(nullptr));
  slot_->taken = false;
}

void UnfinishedFile::remove_all() {
  // A forked child has a copy of the list, but the files are its parent's.
  if (owner != ::getpid()) return;
  for (auto* slot = static_cast<Slot*>(first_slot.load()); slot != nullptr; slot = slot->next) {
    // Not freed: the heap is out of bounds in a signal handler, and the program ends.
    if (const char* path = slot->path.exchange(nullptr)) ::unlink(path);
  }
}

void remove_unfinished_files() {
  UnfinishedFile::remove_all();
}

}  // namespace ds4
