// Figures as people and programs read them.
#pragma once

#include <string>

#include "base/json.h"
#include "bench/machine.h"
#include "bench/runner.h"

namespace ds4::bench {

// What was measured where; a column of every CSV line.
struct Context {
  Machine machine;
  std::string model;
  bool is_busy = false;  // others used the machine meanwhile
};

std::string describe(const Context& context);
std::string table_head();
std::string table_line(const Figure& figure);
std::string stage_table(const Runner& runner, const Machine& machine);

std::string csv_head();
std::string csv_line(const Context& context, const Figure& figure);
Json json_line(const Context& context, const Figure& figure);

}  // namespace ds4::bench
