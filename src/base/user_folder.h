// The folders that hold a person's things, by the rules that Linux desktops agreed on (XDG).
#pragma once

#include <string>

#include "ds4/result.h"

namespace ds4 {

enum class UserFolder {
  state,  // $XDG_STATE_HOME/ds4, which is ~/.local/state/ds4 unless set
  data,   // $XDG_DATA_HOME/ds4, which is ~/.local/share/ds4 unless set
};

// Its path, whether it exists or not. Fails without a home folder.
Result<std::string> user_folder(UserFolder folder);

// With the folders above it. Those that are made can be entered by their owner only, unless `mode`
// says otherwise.
Result<void> make_folder(const std::string& path, unsigned mode = 0700);

}  // namespace ds4
