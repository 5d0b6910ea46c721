#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ds4 {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: internal error: CHECK(%s) does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace ds4
