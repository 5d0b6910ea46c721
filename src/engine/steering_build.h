// Finds a direction: the difference between what a model's experts say where it begins to answer
// prompts of one kind and of another.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "engine/host.h"
#include "text/render.h"

namespace ds4::engine {

struct SteeringPrompts {
  std::vector<text::Prompt> toward, away;
  std::vector<int> layers = {};  // that get a push; none: all
};

// A line of a list of prompts: what a user says, or a whole conversation as `ds4 render` reads it,
// a JSON object.
Result<text::Prompt> steering_prompt(std::string_view line);

// For every layer the mean output of its experts over the prompts of `toward`, less that of `away`,
// at the last token of each, and made as long as that output is on average: with a strength of 1
// the push is as strong as what the layer itself says. Layers that see no difference get none.
// `on_prompt` is told of each prompt that is done.
Result<model::Steering> build_steering(Host& host, const SteeringPrompts& prompts,
                                       const std::function<void()>& on_prompt);

}  // namespace ds4::engine
