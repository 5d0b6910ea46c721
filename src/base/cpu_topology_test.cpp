// Small trees stand in for systems that are not at hand; what is expected of each was worked out
// from the system it imitates.
#include "base/cpu_topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "base/cpu_affinity.h"
#include "base/number_list.h"
#include "base/parallel.h"
#include "base/system_tree_fixture.h"

namespace ds4 {
namespace {

using testing::HasSubstr;

std::vector<int> first(int count) {
  std::vector<int> cpus;
  for (int cpu = 0; cpu < count; ++cpu) cpus.push_back(cpu);
  return cpus;
}

std::vector<int> ids(const std::vector<Processor>& processors) {
  std::vector<int> out;
  for (const Processor& processor : processors) out.push_back(processor.id);
  return out;
}

std::vector<int> nodes(const CpuTopology& topology) {
  std::vector<int> out;
  for (const Processor& processor : topology.processors) out.push_back(processor.node);
  return out;
}

class cpu_topology_of : public SystemTree {
 protected:
  void put_cpu(int cpu, const std::string& name, const std::string& text) {
    put("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/" + name, text + "\n");
  }
  void put_group(const std::string& file, const std::string& text) {
    put("sys/fs/cgroup/" + file, text + "\n");
  }
  CpuTopology read(const std::vector<int>& allowed) const {
    return read_cpu_topology(root, allowed);
  }

  // Two sockets of four cores; the second hyper-threads are numbered behind all cores.
  void make_server() {
    put("sys/devices/system/cpu/online", "0-15\n");
    for (int cpu = 0; cpu < 16; ++cpu) {
      const int core = cpu % 8;
      put_cpu(cpu, "topology/thread_siblings_list",
              std::to_string(core) + "," + std::to_string(core + 8));
      put_cpu(cpu, "topology/core_id", std::to_string(core % 4));
      put_cpu(cpu, "topology/physical_package_id", std::to_string(core / 4));
    }
    put("sys/devices/system/node/online", "0-1\n");
    put("sys/devices/system/node/node0/cpulist", "0-3,8-11\n");
    put("sys/devices/system/node/node1/cpulist", "4-7,12-15\n");
  }

  // Two large cores of two hyper-threads, and four small ones.
  void make_laptop() {
    for (int cpu = 0; cpu < 8; ++cpu) {
      const std::string pair = cpu < 2 ? "0-1" : "2-3";
      put_cpu(cpu, "topology/thread_siblings_list", cpu < 4 ? pair : std::to_string(cpu));
    }
    put("sys/devices/cpu_core/cpus", "0-3\n");
    put("sys/devices/cpu_atom/cpus", "4-7\n");
  }
};

TEST_F(cpu_topology_of, a_server_has_threads_cores_and_nodes) {
  make_server();
  const CpuTopology server = read(first(16));
  EXPECT_EQ(count_processors(server), 16);
  EXPECT_EQ(count_cores(server), 8);
  EXPECT_EQ(ids(full_cores(server)), first(8));
  EXPECT_EQ(nodes(server), (std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST_F(cpu_topology_of, an_affinity_mask_leaves_what_it_names) {
  make_server();
  const CpuTopology part = read({2, 3, 10, 14, 15});
  EXPECT_EQ(count_processors(part), 5);
  EXPECT_EQ(ids(full_cores(part)), (std::vector<int>{2, 3, 14, 15}));
  EXPECT_EQ(count_cores(part), 4);
}

TEST_F(cpu_topology_of, numbers_of_package_and_core_replace_lists_of_threads) {
  make_server();
  for (int cpu = 0; cpu < 16; ++cpu) put_cpu(cpu, "topology/thread_siblings_list", "garbage");
  EXPECT_EQ(ids(full_cores(read(first(16)))), first(8));
  // Two packages number their cores alike.
  EXPECT_EQ(count_cores(read({0, 4, 8, 12})), 2);
}

TEST_F(cpu_topology_of, a_hybrid_laptop_counts_its_large_cores) {
  make_laptop();
  const CpuTopology laptop = read(first(8));
  EXPECT_EQ(count_processors(laptop), 8);
  EXPECT_EQ(ids(full_cores(laptop)), (std::vector<int>{0, 2}));
}

TEST_F(cpu_topology_of, small_cores_count_where_there_are_no_others) {
  make_laptop();
  EXPECT_EQ(count_cores(read({4, 5, 6, 7})), 4);
}

TEST_F(cpu_topology_of, arm_capacities_tell_sizes) {
  const char* capacities[] = {"250", "250", "250", "250", "760", "760", "760", "1024"};
  for (int cpu = 0; cpu < 8; ++cpu) put_cpu(cpu, "cpu_capacity", capacities[cpu]);
  EXPECT_EQ(ids(full_cores(read(first(8)))), (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(count_cores(read({0, 1, 2})), 3);
}

TEST_F(cpu_topology_of, a_container_is_bound_by_whole_processors_of_its_quota) {
  put("proc/self/cgroup", "0::/\n");
  put_group("cpu.max", "250000 100000");
  const CpuTopology container = read(first(16));
  EXPECT_DOUBLE_EQ(container.quota, 2.5);
  EXPECT_EQ(count_cores(container), 2);
  EXPECT_EQ(count_processors(container), 2);
}

TEST_F(cpu_topology_of, a_quota_below_one_processor_is_one_thread) {
  put("proc/self/cgroup", "0::/\n");
  put_group("cpu.max", "50000 100000");
  EXPECT_EQ(count_cores(read(first(4))), 1);
  EXPECT_EQ(count_processors(read(first(4))), 1);
}

TEST_F(cpu_topology_of, the_tightest_quota_up_the_tree_binds) {
  put("proc/self/cgroup", "0::/system.slice/ds4.service\n");
  put_group("system.slice/ds4.service/cpu.max", "max 100000");
  put_group("system.slice/cpu.max", "300000 100000");
  put_group("cpu.max", "900000 100000");
  EXPECT_DOUBLE_EQ(read(first(16)).quota, 3);
}

TEST_F(cpu_topology_of, groups_of_version_1_have_quotas_too) {
  put("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n1:cpuset:/docker/abc\n0::/\n");
  // Inside of a container the folder of the group itself is the top.
  put_group("cpu/cpu.cfs_quota_us", "400000");
  put_group("cpu/cpu.cfs_period_us", "100000");
  put_group("cpuset/cpuset.effective_cpus", "0-2,9");
  const CpuTopology container = read(first(16));
  EXPECT_DOUBLE_EQ(container.quota, 4);
  EXPECT_EQ(ids(container.processors), (std::vector<int>{0, 1, 2, 9}));
  put_group("cpu/cpu.cfs_quota_us", "-1");
  EXPECT_EQ(read(first(16)).quota, std::numeric_limits<double>::infinity());
}

TEST_F(cpu_topology_of, the_nearest_group_that_names_processors_decides) {
  put("proc/self/cgroup", "0::/a/b\n");
  put_group("cpuset.cpus.effective", "0-7");
  put_group("a/cpuset.cpus.effective", "2-5");
  EXPECT_EQ(ids(read(first(8)).processors), (std::vector<int>{2, 3, 4, 5}));
}

TEST_F(cpu_topology_of, processors_that_are_offline_do_not_count) {
  make_server();
  put("sys/devices/system/cpu/online", "0-5,8\n");
  const CpuTopology server = read(first(16));
  EXPECT_EQ(ids(server.processors), (std::vector<int>{0, 1, 2, 3, 4, 5, 8}));
  EXPECT_EQ(count_cores(server), 6);
}

TEST_F(cpu_topology_of, missing_files_leave_one_core_a_processor_on_one_node) {
  const CpuTopology bare = read({1, 4, 5});
  EXPECT_EQ(count_cores(bare), 3);
  EXPECT_EQ(count_processors(bare), 3);
  EXPECT_EQ(nodes(bare), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(count_cores(read({})), 1);
  EXPECT_EQ(count_processors(read({})), 1);
}

TEST_F(cpu_topology_of, lists_that_exclude_everything_are_not_believed) {
  put("sys/devices/system/cpu/online", "100\n");
  put("proc/self/cgroup", "0::/\n");
  put_group("cpuset.cpus.effective", "200-300");
  EXPECT_EQ(ids(read({0, 1}).processors), (std::vector<int>{0, 1}));
}

// Whatever stands in the files, processors stay those allowed and counts stay in their bounds.
TEST_F(cpu_topology_of, garbage_does_no_harm) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  const std::string pieces[] = {
      "0",   "-", ",",    "7",  "99999999999999999999", "max", " ", "a", "\n", ":", "/", "..",
      "0-3", "1", "1e99", "\0", "18446744073709551615", "-1"};
  const auto garbage = [&] {
    std::string text;
    for (std::uint32_t i = dice() % 6; i > 0; --i) text += pieces[dice() % std::size(pieces)];
    return text;
  };
  for (int round = 0; round < 30; ++round) {
    put("proc/self/cgroup", "0::/" + garbage() + "\n4:cpu:" + garbage() + "\n" + garbage());
    for (const char* file : {"cpu.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us",
                             "cpuset.cpus.effective", "cpuset/cpuset.effective_cpus"}) {
      put_group(file, garbage());
    }
    for (const char* file : {"cpu_atom/cpus", "system/cpu/online", "system/node/online",
                             "system/node/node0/cpulist", "system/node/node3/cpulist"}) {
      put(std::string("sys/devices/") + file, garbage());
    }
    for (int cpu = 0; cpu < 4; ++cpu) {
      for (const char* file : {"topology/thread_siblings_list", "topology/core_id",
                               "topology/physical_package_id", "cpu_capacity"}) {
        put_cpu(cpu, file, garbage());
      }
    }
    const CpuTopology topology = read(first(4));
    ASSERT_FALSE(topology.processors.empty());
    for (const int id : ids(topology.processors)) ASSERT_TRUE(id >= 0 && id < 4) << id;
    ASSERT_TRUE(count_cores(topology) >= 1 && count_cores(topology) <= 4);
    ASSERT_TRUE(count_processors(topology) >= 1 && count_processors(topology) <= 4);
    ASSERT_FALSE(full_cores(topology).empty());
  }
}

TEST_F(cpu_topology_of, a_users_list_is_held_to_what_may_be_used) {
  make_server();
  if (!can_choose_cpus()) GTEST_SKIP() << "this system does not let programs choose";
  const CpuTopology part = read({0, 1, 2, 3, 8});
  EXPECT_EQ(*choose_cpus("8,1-2", part), (std::vector<int>{8, 1, 2}));
  EXPECT_EQ(choose_cpus("0-4", part).error().message,
            "processor 4 is none of those that this process may use: 0-3,8");
  EXPECT_THAT(choose_cpus("all", part).error().message, HasSubstr("like 0-7,16-23"));
}

TEST(cpu_topology_here, is_within_the_mask_of_this_process) {
  const CpuTopology& here = cpu_topology();
  EXPECT_GE(count_cores(here), 1);
  EXPECT_LE(count_cores(here), count_processors(here));
  EXPECT_EQ(count_processors(here), processor_count());
  if (!can_choose_cpus()) GTEST_SKIP() << "this system has no masks";
  EXPECT_THAT(allowed_cpus(), testing::IsSupersetOf(ids(here.processors)));
}

TEST(cpu_affinity, keeps_a_thread_and_what_it_starts) {
  if (!can_choose_cpus()) GTEST_SKIP() << "this system has no masks";
  const std::vector<int> before = allowed_cpus();
  std::vector<int> inside;
  std::vector<int> further;
  std::thread([&] {
    stay_on({before.back()});
    inside = allowed_cpus();
    std::thread([&] { further = allowed_cpus(); }).join();
  }).join();
  EXPECT_EQ(inside, std::vector<int>{before.back()});
  EXPECT_EQ(further, inside);
  EXPECT_EQ(allowed_cpus(), before);
}

TEST(cpu_affinity, a_thread_stays_where_it_was_if_it_cannot_go) {
  const std::vector<int> before = allowed_cpus();
  std::vector<int> inside;
  std::thread([&] {
    stay_on({kListedNumberEnd - 1});
    stay_on({});
    inside = allowed_cpus();
  }).join();
  EXPECT_EQ(inside, before);
}

}  // namespace
}  // namespace ds4
