// What an Answer of the face holds.
#pragma once

#include <memory>

#include "ds4/chat.h"
#include "engine/answer_run.h"

namespace ds4 {

struct Answer::State {
  std::unique_ptr<engine::AnswerRun> run;
};

}  // namespace ds4
