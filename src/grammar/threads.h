// One step of a pushdown automaton: sets of threads and the stacks below them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grammar/grammar.h"

namespace ds4::grammar {

// A place the automaton may be in: a state, and the stack of states to return to.
struct Thread {
  std::uint32_t state;
  std::uint32_t frame;
  bool operator==(const Thread&) const = default;
  auto operator<=>(const Thread&) const = default;
};

// More threads than this and the set is cut: only a wildly ambiguous grammar gets there.
inline constexpr std::size_t kThreadsMax = 1024;

// Stacks as linked frames, each written once: equal stacks have equal numbers, and copying a
// configuration copies numbers.
class Frames {
 public:
  struct Frame {
    std::uint32_t state;   // where to go on when the call returns; kNone: a bottom
    std::uint32_t parent;  // the frame below
    std::uint32_t room;    // how many calls may still be opened above
  };

  std::uint32_t bottom(std::uint32_t room) { return intern({kNone, kNone, room}); }
  std::uint32_t push(std::uint32_t state, std::uint32_t parent) {
    return intern({state, parent, frames_[parent].room - 1});
  }
  const Frame& operator[](std::uint32_t id) const { return frames_[id]; }
  bool is_bottom(std::uint32_t id) const { return frames_[id].state == kNone; }
  std::size_t size() const { return frames_.size(); }
  void clear();

 private:
  std::uint32_t intern(const Frame& frame);
  void grow();

  std::vector<Frame> frames_;
  std::vector<std::uint32_t> table_;  // open addressing, a power of two long
};

// What a set of threads becomes when all calls and returns that take no byte are followed.
struct Closure {
  std::vector<Thread> threads;
  bool returns = false;   // some thread leaves through a bottom frame
  bool no_room = false;   // some thread was cut for want of room on the stack
  bool overflow = false;  // more than kThreadsMax threads

  void find(const Grammar& grammar, Frames& frames, std::span<const Thread> kernel);
};

// The threads after one byte, in `out` (emptied first), without their closure. True when one was
// cut for want of room.
bool step(const Grammar& grammar, const Frames& frames, const Closure& closure, std::uint8_t byte,
          std::vector<Thread>& out);

}  // namespace ds4::grammar
