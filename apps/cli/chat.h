// The chat on a terminal: messages, answers as they come, and the commands of terminal/commands.h.
#pragma once

#include "cli/talk.h"

namespace ds4::cli {

int chat(const TalkOptions& options);

}  // namespace ds4::cli
