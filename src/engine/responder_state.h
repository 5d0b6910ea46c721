// What a Responder of the face holds.
#pragma once

#include <atomic>

#include "ds4/responder.h"
#include "engine/parts.h"
#include "engine/session.h"

namespace ds4 {

struct Responder::State {
  explicit State(engine::Parts& of) : parts(of), session(of.host->shared()) {}

  engine::Parts& parts;
  engine::Session session;
  std::atomic<bool> stop = false;
};

}  // namespace ds4
