#include "device/cpu/placement.h"

#include <algorithm>
#include <map>

#include "base/check.h"

namespace ds4::device {

// Who names processors knows that nobody else wants them: a worker that never moves keeps its
// caches. Otherwise other processes may be there, and a thread tied to a processor that one of them
// took would hold up all workers while others idle, so the system places them. Left to itself,
// though, it may gather them on the node where they were started, whose memory then feeds them
// alone; so on several nodes each worker is kept on one node, with all of its processors to choose
// from, and nodes get workers in proportion to their cores.
Places place_workers(const CpuTopology& topology, const std::vector<int>& cpus, int threads) {
  CHECK(threads >= 1);
  const auto count = static_cast<std::size_t>(threads);
  Places places;
  if (!cpus.empty()) {
    for (std::size_t worker = 0; worker < count; ++worker) {
      places.push_back({cpus[worker % cpus.size()]});
    }
    return places;
  }
  std::map<int, std::vector<int>> nodes;
  for (const Processor& processor : topology.processors) {
    nodes[processor.node].push_back(processor.id);
  }
  if (nodes.size() <= 1) return places;
  std::vector<Processor> cores = full_cores(topology);
  std::stable_sort(cores.begin(), cores.end(),
                   [](const Processor& a, const Processor& b) { return a.node < b.node; });
  for (std::size_t worker = 0; worker < count; ++worker) {
    places.push_back(nodes[cores[worker * cores.size() / count].node]);
  }
  return places;
}

}  // namespace ds4::device
