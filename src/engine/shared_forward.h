// The forward pass as the sessions of one engine share it: whose rows it still holds decides what a
// drafter can be given.
#pragma once

#include <cstdint>

#include "model/forward.h"

namespace ds4::engine {

// Used by one thread. Outlives the sessions.
struct SharedForward {
  model::Forward& forward;
  std::uint64_t context_tokens = 0;     // of a session
  bool has_drafter = false;             // rings are kept for it
  model::Steering* steering = nullptr;  // each session sets its own scale
  std::uint64_t evaluations = 0;        // so far, of all sessions
};

}  // namespace ds4::engine
