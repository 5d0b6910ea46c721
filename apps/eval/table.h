// The table of a run: a row for each skill, and one for all.
#pragma once

#include <string>

#include "eval/tally.h"

namespace ds4::eval {

// Which columns there are, and how wide.
class Table {
 public:
  // Columns that no question has anything for are left out. `unicode` allows more than ASCII.
  Table(const Tallies& tallies, int columns, bool unicode);

  // Each at most as wide as the screen, without a line break.
  std::string head() const;
  std::string row(const Tally& tally) const;
  std::string total(const Tally& tally) const;

 private:
  std::string cells(const std::string& name, const Tally& tally) const;

  int name_columns_ = 0, count_columns_ = 0;
  bool unicode_;
  bool has_chance_ = false, has_form_ = false, has_reasoning_ = false;
};

// "98 %"; never 0 or 100 where it is not.
std::string percent(double share);

}  // namespace ds4::eval
