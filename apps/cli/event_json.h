// The events of an answer as JSON, for `ds4 --json`. docs/chat.md lists the names.
#pragma once

#include "base/json.h"
#include "ds4/chat.h"

namespace ds4::cli {

Json event_json(const Event& event);

}  // namespace ds4::cli
