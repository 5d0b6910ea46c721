#include "grammar/threads.h"

#include <algorithm>

namespace ds4::grammar {
namespace {

std::uint64_t hash_of(const Frames::Frame& f) {
  std::uint64_t h = ((std::uint64_t{f.state} << 32) | f.parent) * 0x9E3779B97F4A7C15ull;
  h ^= f.room * 0xC2B2AE3D27D4EB4Full;
  return h ^ (h >> 31);
}

bool add_new(std::vector<Thread>& threads, Thread thread) {
  if (std::find(threads.begin(), threads.end(), thread) != threads.end()) return false;
  threads.push_back(thread);
  return true;
}

}  // namespace

void Frames::clear() {
  frames_.clear();
  table_.clear();
}

void Frames::grow() {
  const std::size_t size = table_.empty() ? 64 : table_.size() * 2;
  table_.assign(size, kNone);
  for (std::uint32_t id = 0; id < frames_.size(); ++id) {
    std::size_t at = hash_of(frames_[id]) & (size - 1);
    while (table_[at] != kNone) at = (at + 1) & (size - 1);
    table_[at] = id;
  }
}

std::uint32_t Frames::intern(const Frame& frame) {
  if ((frames_.size() + 1) * 2 > table_.size()) grow();
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash_of(frame) & mask;
  for (; table_[at] != kNone; at = (at + 1) & mask) {
    const Frame& known = frames_[table_[at]];
    if (known.state == frame.state && known.parent == frame.parent && known.room == frame.room) {
      return table_[at];
    }
  }
  table_[at] = static_cast<std::uint32_t>(frames_.size());
  frames_.push_back(frame);
  return table_[at];
}

void Closure::find(const Grammar& grammar, Frames& frames, std::span<const Thread> kernel) {
  threads.assign(kernel.begin(), kernel.end());
  returns = no_room = overflow = false;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const Thread thread = threads[i];
    if (threads.size() > kThreadsMax) {
      overflow = true;
      threads.resize(kThreadsMax);
      return;
    }
    if (grammar.accepts(thread.state)) {
      const Frames::Frame frame = frames[thread.frame];
      if (frame.state == kNone) {
        returns = true;
      } else {
        add_new(threads, {frame.state, frame.parent});
      }
    }
    for (const Grammar::Call& call : grammar.calls(thread.state)) {
      const std::uint32_t room = frames[thread.frame].room;
      if (call.is_tail) {
        if (grammar.depth_needed(call.start) > room) {
          no_room = true;
        } else {
          add_new(threads, {call.start, thread.frame});
        }
      } else if (room == 0 || grammar.depth_needed(call.to) > room ||
                 grammar.depth_needed(call.start) > room - 1) {
        no_room = true;
      } else {
        add_new(threads, {call.start, frames.push(call.to, thread.frame)});
      }
    }
  }
}

bool step(const Grammar& grammar, const Frames& frames, const Closure& closure, std::uint8_t byte,
          std::vector<Thread>& out) {
  out.clear();
  bool no_room = false;
  for (const Thread& thread : closure.threads) {
    const std::uint32_t to = grammar.step(thread.state, byte);
    if (to == kNone) continue;
    if (grammar.depth_needed(to) > frames[thread.frame].room) {
      no_room = true;
      continue;
    }
    add_new(out, {to, thread.frame});
  }
  return no_room;
}

}  // namespace ds4::grammar
