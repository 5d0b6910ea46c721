#include "cli/model_fit.h"

#include <algorithm>

#include "model/memory_plan.h"

namespace ds4::cli {

namespace {

using download::Family;
using download::FileKind;
using download::PublishedFile;

constexpr std::uint64_t kContextTokens = 32768;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
// All weights but the routed experts. They are the same in every published recipe.
constexpr std::uint64_t kFlashResidentBytes = 8'801'384'796;
constexpr std::uint64_t kProResidentBytes = 29'416'789'388;
// The rest of the system needs one part of so many.
constexpr std::uint64_t kSystemShare = 20;
// Memory as it is sold, in GiB.
constexpr std::uint64_t kUsualSizes[] = {8,   12,  16,  18,  24,  32,  36,   48,   64,  96,
                                         128, 192, 256, 384, 512, 768, 1024, 1536, 2048};

std::uint64_t with_system(std::uint64_t bytes) {
  return bytes + bytes / (kSystemShare - 1);
}

}  // namespace

std::string_view name_of(Fit fit) {
  switch (fit) {
    case Fit::in_memory:
      return "fits";
    case Fit::from_disk:
      return "from disk";
    case Fit::too_large:
      return "too large";
    case Fit::unknown:
      return "?";
  }
  return "?";
}

ModelNeeds needs_of(const PublishedFile& file) {
  const bool is_pro = file.family == Family::pro;
  const std::uint64_t resident = is_pro ? kProResidentBytes : kFlashResidentBytes;
  const std::uint64_t routed = file.bytes - std::min(file.bytes, resident);
  const model::MemoryPlan plan =
      model::plan_memory(is_pro ? model::pro_shape() : model::flash_shape(),
                         {{.role = model::Role::head, .bytes = resident},
                          {.role = model::Role::routed, .bytes = routed}},
                         kContextTokens);
  ModelNeeds needs{.memory_bytes = with_system(plan.total_bytes()),
                   .resident_bytes = with_system(plan.total_bytes() - routed)};
  const auto size =
      std::find_if(std::begin(kUsualSizes), std::end(kUsualSizes),
                   [&](std::uint64_t gib) { return gib * kGiB >= needs.memory_bytes; });
  needs.machine_bytes = size == std::end(kUsualSizes) ? needs.memory_bytes : *size * kGiB;
  return needs;
}

Fit fit_of(const ModelNeeds& needs, std::uint64_t machine_bytes) {
  if (machine_bytes == 0) return Fit::unknown;
  if (needs.memory_bytes <= machine_bytes) return Fit::in_memory;
  return needs.resident_bytes <= machine_bytes ? Fit::from_disk : Fit::too_large;
}

const PublishedFile* recommended(std::uint64_t machine_bytes) {
  // From the best to the smallest. MXFP4 is how the experts were published first: it loses nothing,
  // and is smaller than Q4_K.
  constexpr std::string_view kPreferred[] = {"ds4f-mxfp4", "ds4f-q2-q4", "ds4f-q2"};
  const PublishedFile* best = nullptr;
  for (const std::string_view name : kPreferred) {
    const PublishedFile* file = download::find_published(name);
    const Fit fit = fit_of(needs_of(*file), machine_bytes);
    if (fit == Fit::in_memory) return file;
    if (fit == Fit::from_disk) best = file;
  }
  return best;
}

}  // namespace ds4::cli
