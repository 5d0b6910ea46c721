// Where a person's conversations and typed lines are kept: $XDG_STATE_HOME/ds4, which is
// ~/.local/state/ds4 unless set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"

namespace ds4::terminal {

// Made if it is not there, for its owner only. Fails without a home folder.
Result<std::string> state_folder();
Result<std::string> history_path();

// A name is a file NAME.ds4s among the sessions; one with a slash is a path as it is. Fails for a
// name that no file can have.
Result<std::string> session_path(std::string_view name);
// Of the sessions kept, in order; empty if there is no folder.
std::vector<std::string> session_names();

}  // namespace ds4::terminal
