// What the conversations of one engine share.
#pragma once

#include <memory>

#include "engine/allowed_tokens.h"
#include "engine/host.h"
#include "text/tokenizer.h"

namespace ds4::engine {

// Outlives them.
struct Parts {
  std::unique_ptr<Host> host;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  AllowedTokens allowed;
};

}  // namespace ds4::engine
