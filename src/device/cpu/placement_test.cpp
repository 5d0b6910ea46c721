#include "device/cpu/placement.h"

#include <gtest/gtest.h>

namespace ds4::device {
namespace {

// Nodes of so many cores, numbered through, without hyper-threads.
CpuTopology machine(const std::vector<int>& cores_of_nodes) {
  CpuTopology topology;
  int id = 0;
  for (std::size_t node = 0; node < cores_of_nodes.size(); ++node) {
    for (int i = 0; i < cores_of_nodes[node]; ++i, ++id) {
      topology.processors.push_back({.id = id, .core = id, .node = static_cast<int>(node)});
    }
  }
  return topology;
}

TEST(placement, one_node_is_left_to_the_system) {
  EXPECT_TRUE(place_workers(machine({8}), {}, 8).empty());
  EXPECT_TRUE(place_workers({}, {}, 3).empty());
}

TEST(placement, workers_take_turns_on_the_chosen_processors) {
  EXPECT_EQ(place_workers(machine({8}), {5, 2}, 3), (Places{{5}, {2}, {5}}));
  EXPECT_EQ(place_workers(machine({4, 4}), {6, 7}, 2), (Places{{6}, {7}}));
}

TEST(placement, workers_spread_over_nodes_by_their_cores) {
  const std::vector<int> a = {0, 1};
  const std::vector<int> b = {2, 3};
  EXPECT_EQ(place_workers(machine({2, 2}), {}, 4), (Places{a, a, b, b}));
  EXPECT_EQ(place_workers(machine({2, 2}), {}, 2), (Places{a, b}));
  EXPECT_EQ(place_workers(machine({2, 2}), {}, 8), (Places{a, a, a, a, b, b, b, b}));
  EXPECT_EQ(place_workers(machine({1, 3}), {}, 4), (Places{{0}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}}));
}

TEST(placement, a_node_offers_its_hyper_threads_and_small_cores_too) {
  CpuTopology topology;
  for (int id = 0; id < 8; ++id) {
    topology.processors.push_back({.id = id, .core = id / 2, .node = id % 4 / 2});
  }
  topology.processors.push_back({.id = 8, .core = 8, .node = 1, .is_efficient = true});
  // Cores 0 and 2 are of node 0, cores 1 and 3 of node 1.
  const std::vector<int> a = {0, 1, 4, 5};
  const std::vector<int> b = {2, 3, 6, 7, 8};
  EXPECT_EQ(place_workers(topology, {}, 4), (Places{a, a, b, b}));
}

}  // namespace
}  // namespace ds4::device
