// CHECK: stops the program when the program itself is wrong. What the world may get wrong is a
// Result instead.
#pragma once

namespace ds4 {

// Prints where and what, then aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace ds4

#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::ds4::check_failed(__FILE__, __LINE__, #condition))
