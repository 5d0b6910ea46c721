// One prompt, one answer, for people in a hurry and for other programs. docs/chat.md says what goes
// where, the events of --json and the exit codes.
#pragma once

#include "cli/talk.h"

namespace ds4::cli {

int run(const TalkOptions& options);

}  // namespace ds4::cli
