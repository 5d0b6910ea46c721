// How often this thread has asked for memory, in a program that is linked with
// counted_allocations_test.cpp.
#pragma once

#include <cstdint>

namespace ds4::tests {

std::uint64_t allocations();

}  // namespace ds4::tests
