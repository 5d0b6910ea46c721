#include "tests/counted_allocations.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace {

thread_local std::uint64_t count = 0;

}  // namespace

// Apart from all code that they serve, and never inlined: seen together, a compiler takes them for
// a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++count;
  if (void* at = std::malloc(size == 0 ? 1 : size)) return at;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return operator new(size);
}
[[gnu::noinline]] void operator delete(void* at) noexcept {
  std::free(at);
}
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}
[[gnu::noinline]] void operator delete[](void* at) noexcept {
  std::free(at);
}
[[gnu::noinline]] void operator delete[](void* at, std::size_t) noexcept {
  std::free(at);
}

std::uint64_t ds4::tests::allocations() {
  return count;
}

namespace ds4::tests {
namespace {

// Through a pointer that nobody can see through, so that the allocation stays.
TEST(counted_allocations, are_counted) {
  const std::uint64_t before = allocations();
  std::vector<int>* volatile list = nullptr;
  list = std::make_unique<std::vector<int>>(100).release();
  EXPECT_EQ(allocations(), before + 2);
  delete list;
  EXPECT_EQ(allocations(), before + 2);
}

}  // namespace
}  // namespace ds4::tests
