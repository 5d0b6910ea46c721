#include "base/system_memory.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/system_tree_fixture.h"

namespace ds4 {
namespace {

class system_memory : public SystemTree {};

constexpr char kMeminfo[] =
    "MemTotal:       16000000 kB\nMemFree:  1000 kB\nMemAvailable:   8000000 kB\n";

TEST_F(system_memory, is_what_the_system_has_available) {
  put("proc/meminfo", kMeminfo);
  EXPECT_EQ(available_memory_under(root), 8000000u * std::uint64_t{1024});
}

TEST_F(system_memory, is_bound_by_every_group_above) {
  put("proc/meminfo", kMeminfo);
  put("proc/self/cgroup", "0::/system.slice/ds4.service\n");
  put("sys/fs/cgroup/system.slice/ds4.service/memory.max", "max\n");
  put("sys/fs/cgroup/system.slice/ds4.service/memory.current", "500\n");
  put("sys/fs/cgroup/system.slice/memory.max", "1000000\n");
  put("sys/fs/cgroup/system.slice/memory.current", "700000\n");
  put("sys/fs/cgroup/system.slice/memory.stat", "anon 5\ninactive_file 90000\nactive_file 10000\n");
  EXPECT_EQ(available_memory_under(root), 400000u);
}

TEST_F(system_memory, knows_the_groups_of_the_first_version) {
  put("proc/meminfo", kMeminfo);
  put("proc/self/cgroup", "7:cpu,cpuacct:/\n5:memory:/box\n");
  put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "2000\n");
  put("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "2500\n");
  EXPECT_EQ(available_memory_under(root), 0u);
}

TEST_F(system_memory, is_boundless_where_nobody_says) {
  EXPECT_EQ(available_memory_under(root), std::numeric_limits<std::uint64_t>::max());
}

TEST_F(system_memory, in_total_is_what_there_is_or_the_smallest_limit) {
  EXPECT_EQ(total_memory_under(root), 0u);
  put("proc/meminfo", kMeminfo);
  EXPECT_EQ(total_memory_under(root), 16000000u * std::uint64_t{1024});
  put("proc/self/cgroup", "0::/system.slice/ds4.service\n");
  put("sys/fs/cgroup/system.slice/ds4.service/memory.max", "max\n");
  put("sys/fs/cgroup/system.slice/memory.max", "1000000\n");
  EXPECT_EQ(total_memory_under(root), 1000000u);
}

TEST(system_memory_here, is_more_than_a_megabyte) {
  EXPECT_GT(available_memory(), 1u << 20);
  EXPECT_GE(total_memory(), available_memory());
}

}  // namespace
}  // namespace ds4
