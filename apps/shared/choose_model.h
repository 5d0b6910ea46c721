// Which model a program runs when it is not told.
#pragma once

#include <string>

#include "ds4/result.h"

namespace ds4 {

struct ChosenModel {
  std::string path;
  bool is_demo = false;  // the little one that comes with the programs
};

// The file given with -m or, where that is empty, the one that `ds4 pull` made the default or,
// where there is none, the demo model.
Result<ChosenModel> choose_model(const std::string& given);

// Says on standard error, in one line, that this is only the demo model and how to get the real
// one.
void mention_demo(const ChosenModel& model);

}  // namespace ds4
