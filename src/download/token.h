// The token by which a repository knows a person, from the places where its own tools keep it.
#pragma once

#include <string>

#include "ds4/result.h"

namespace ds4::download {

// HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the first of the files $HF_TOKEN_PATH,
// $HF_HOME/token, $XDG_CACHE_HOME/huggingface/token and ~/.cache/huggingface/token that may be
// meant. Empty where there is none; fails for one that cannot be sent.
Result<std::string> find_token();

}  // namespace ds4::download
