// One run: every question of the suites asked of a model, answers judged, counted and kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ds4/engine.h"
#include "ds4/sampling.h"

namespace ds4::eval {

struct EvalOptions {
  std::string model;
  EngineOptions engine = {};
  SamplingOptions sampling = {.temperature = 0, .seed = 0};

  std::vector<std::string> suites;  // files and folders; none: `set`
  std::string set = "demo";         // a shipped one, or a path
  std::string skill;                // only those whose name contains it
  std::uint64_t limit = 0;          // questions of a skill; 0: all
  std::uint64_t tokens_max = 0;     // of an answer; 0: as the suite says
  std::string effort;               // of thinking, for all; empty: as each question says
  bool uses_grammar = false;        // JSON answers and calls are held to their form

  std::string results;  // file to write and to go on from; empty: none
  std::uint64_t failures_shown = 0;
  bool plain = false, json = false;
};

// Returns the exit code.
int evaluate(const EvalOptions& options);

}  // namespace ds4::eval
