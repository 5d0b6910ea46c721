// How a token is chosen from the model's logits.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "ds4/text.h"

namespace ds4 {

// Applied in this order: grammar and bans, bias, penalties, temperature, top_k, top_p, min_p,
// typical, draw. The defaults change nothing.
struct SamplingOptions {
  float temperature = 1;  // 0: the best token, of equals the one with the lowest id
  std::uint32_t top_k = 0;
  float top_p = 1;
  float min_p = 0;
  float typical = 1;
  float repetition_penalty = 1;  // of tokens among the last `penalty_window`, prompt included
  float presence_penalty = 0;    // of tokens of the answer
  float frequency_penalty = 0;
  std::uint32_t penalty_window = 64;
  std::vector<std::pair<Token, float>> logit_bias = {};  // -100 or less bans a token
  std::optional<std::uint64_t> seed = {};                // absent: from the system
  // Alternatives reported with each token; 0: its own logprob only. Absent: none of it.
  std::optional<std::uint32_t> logprobs = {};
};

struct TokenLogprob {
  Token token = 0;
  float logprob = 0;  // of the softmax at temperature 1, before any filter
};

}  // namespace ds4
