#include "base/cpu_topology.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/cpu_affinity.h"
#include "base/number_list.h"
#include "base/system_files.h"

namespace ds4 {

namespace {

std::set<int> read_list(const std::string& path) {
  const auto cpus = parse_number_list(read_system_file(path).value_or(""), "processor");
  if (!cpus.ok()) return {};
  return {cpus->begin(), cpus->end()};
}

std::optional<std::uint64_t> read_number(const std::string& path) {
  return leading_number(read_system_file(path).value_or(""));
}

// Drops what is not in `others`, unless that would be all: then the list is not to be believed.
void keep_those_in(const std::set<int>& others, std::set<int>& cpus) {
  std::set<int> both;
  std::set_intersection(cpus.begin(), cpus.end(), others.begin(), others.end(),
                        std::inserter(both, both.end()));
  if (!both.empty()) cpus = std::move(both);
}

// The processors' worth of time that one group grants.
std::optional<double> quota_of(const GroupFolder& group) {
  std::optional<std::uint64_t> time;
  std::optional<std::uint64_t> period;
  if (group.version == 2) {
    const std::string text =
        read_system_file(group.path + "cpu.max").value_or("");  // "TIME PERIOD"
    time = leading_number(text);
    const std::size_t blank = text.find(' ');
    if (blank != std::string::npos) period = leading_number(text.substr(blank));
  } else {
    time = read_number(group.path + "cpu.cfs_quota_us");
    period = read_number(group.path + "cpu.cfs_period_us");
  }
  if (!time || !period || *time == 0 || *period == 0) return std::nullopt;
  return static_cast<double>(*time) / static_cast<double>(*period);
}

// The innermost group that names processors has the say of all above it.
std::set<int> read_group_cpus(const std::string& root) {
  for (const GroupFolder& group : group_folders(root, "cpuset")) {
    const char* name = group.version == 2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus";
    std::set<int> cpus = read_list(group.path + name);
    if (!cpus.empty()) return cpus;
  }
  return {};
}

// Lists of hyper-threads are believed where they contain the processor they are of; where there is
// none, numbers of package and core tell, and where those are missing too it is a core of its own.
void find_cores(const std::string& folder, std::vector<Processor>& processors) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> numbered;
  for (Processor& processor : processors) {
    const std::string topology = folder + "cpu" + std::to_string(processor.id) + "/topology/";
    processor.core = processor.id;
    const std::set<int> threads = read_list(topology + "thread_siblings_list");
    if (threads.count(processor.id) != 0) {
      processor.core = *threads.begin();
      continue;
    }
    const auto package = read_number(topology + "physical_package_id");
    const auto core = read_number(topology + "core_id");
    if (!package || !core) continue;
    processor.core = numbered.try_emplace({*package, *core}, processor.id).first->second;
  }
}

void find_nodes(const std::string& folder, std::vector<Processor>& processors) {
  for (const int node : read_list(folder + "online")) {
    const std::set<int> cpus = read_list(folder + "node" + std::to_string(node) + "/cpulist");
    for (Processor& processor : processors) {
      if (cpus.count(processor.id) != 0) processor.node = node;
    }
  }
}

// Intel lists its small cores; ARM gives each processor a capacity, up to 1024. The middle ones of
// three sizes carry their share, so only those below half of the largest count as small.
void find_efficient(const std::string& devices, std::vector<Processor>& processors) {
  const std::set<int> atoms = read_list(devices + "cpu_atom/cpus");
  std::map<int, std::uint64_t> capacities;
  std::uint64_t largest = 0;
  for (const Processor& processor : processors) {
    const std::string folder = devices + "system/cpu/cpu" + std::to_string(processor.id);
    const auto capacity = read_number(folder + "/cpu_capacity");
    if (!capacity) continue;
    capacities[processor.id] = *capacity;
    largest = std::max(largest, *capacity);
  }
  std::size_t efficient = 0;
  for (Processor& processor : processors) {
    const auto capacity = capacities.find(processor.id);
    processor.is_efficient = atoms.count(processor.id) != 0 ||
                             (capacity != capacities.end() && capacity->second < largest / 2);
    efficient += processor.is_efficient ? 1 : 0;
  }
  // Alone they are what there is.
  if (efficient < processors.size()) return;
  for (Processor& processor : processors) processor.is_efficient = false;
}

int within_quota(std::size_t count, const CpuTopology& topology) {
  return static_cast<int>(
      std::max(1.0, std::min(static_cast<double>(count), std::floor(topology.quota))));
}

}  // namespace

CpuTopology read_cpu_topology(const std::string& root, const std::vector<int>& allowed) {
  CpuTopology topology;
  const std::string devices = root + "sys/devices/";
  std::set<int> cpus(allowed.begin(), allowed.end());
  keep_those_in(read_list(devices + "system/cpu/online"), cpus);
  keep_those_in(read_group_cpus(root), cpus);
  for (const int cpu : cpus) topology.processors.push_back({.id = cpu});
  find_cores(devices + "system/cpu/", topology.processors);
  find_nodes(devices + "system/node/", topology.processors);
  find_efficient(devices, topology.processors);
  for (const GroupFolder& group : group_folders(root, "cpu")) {
    if (const auto quota = quota_of(group)) topology.quota = std::min(topology.quota, *quota);
  }
  return topology;
}

const CpuTopology& cpu_topology() {
  static const CpuTopology topology = read_this_topology();
  return topology;
}

int count_processors(const CpuTopology& topology) {
  return within_quota(topology.processors.size(), topology);
}

std::vector<Processor> full_cores(const CpuTopology& topology) {
  std::vector<Processor> cores;
  std::set<int> seen;
  for (const Processor& processor : topology.processors) {
    if (processor.is_efficient || !seen.insert(processor.core).second) continue;
    cores.push_back(processor);
  }
  return cores;
}

int count_cores(const CpuTopology& topology) {
  return within_quota(full_cores(topology).size(), topology);
}

Result<std::vector<int>> choose_cpus(std::string_view list, const CpuTopology& topology) {
  if (!can_choose_cpus()) {
    return fail(Code::unsupported,
                "this system does not let programs choose their processors; leave the list out");
  }
  TRY(std::vector<int> cpus, parse_number_list(list, "processor"));
  std::vector<int> usable;
  for (const Processor& processor : topology.processors) usable.push_back(processor.id);
  for (const int cpu : cpus) {
    if (std::binary_search(usable.begin(), usable.end(), cpu)) continue;
    return fail(Code::bad_argument, "processor ", cpu,
                " is none of those that this process may use: ", format_number_list(usable));
  }
  return cpus;
}

}  // namespace ds4
