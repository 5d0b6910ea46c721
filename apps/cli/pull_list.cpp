#include "cli/pull_list.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "base/human.h"
#include "base/utf8.h"
#include "cli/model_fit.h"
#include "download/catalog.h"

namespace ds4::cli {

namespace {

using download::Family;
using download::FileKind;
using download::PublishedFile;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

std::string_view title_of(Family family) {
  switch (family) {
    case Family::flash:
      return "DeepSeek V4 Flash";
    case Family::vision:
      return "DeepSeek V4 Flash Vision (text only here)";
    case Family::pro:
      return "DeepSeek V4 PRO";
  }
  return "";
}

std::string_view kind_of(FileKind kind) {
  switch (kind) {
    case FileKind::main:
      return "main";
    case FileKind::support:
      return "support";
    case FileKind::part:
      return "part";
  }
  return "";
}

std::string path_of(const PullList& list, const PublishedFile& file) {
  return list.folder + "/" + std::string(file.file);
}

// "default", "here", "unfinished" or nothing.
std::string_view state_of(const PullList& list, const PublishedFile& file) {
  const std::string path = path_of(list, file);
  if (::access(path.c_str(), F_OK) == 0) return path == list.default_model ? "default" : "here";
  return ::access((path + ".part").c_str(), F_OK) == 0 ? "unfinished" : "";
}

std::string row(const PullList& list, const PublishedFile& file, bool is_recommended) {
  std::string machine, fit;
  if (file.kind == FileKind::main) {
    const ModelNeeds needs = needs_of(file);
    machine = fmt::format("{} GiB", needs.machine_bytes / kGiB);
    fit = name_of(fit_of(needs, list.machine_bytes));
  }
  const std::string_view state = state_of(list, file);
  std::string text =
      fmt::format("{} {:<22} {:>10}  {:>8}  {:<9}  {}", is_recommended ? "*" : " ", file.name,
                  human_bytes(file.bytes), machine, fit,
                  state.empty() ? std::string(file.about) : fmt::format("[{}]", state));
  while (text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

std::string describe(const PullList& list, bool styled) {
  const auto style = [styled](std::string_view code, const std::string& text) {
    return styled ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
  };
  const PublishedFile* best = recommended(list.machine_bytes);
  std::string out = style("2", fmt::format("  {:<22} {:>10}  {:>8}  {:<9}  {}", "name", "size",
                                           "memory", "this one", "what")) +
                    "\n";
  std::optional<Family> family;
  bool is_current = true;
  for (const PublishedFile& file : download::catalog()) {
    if (!file.is_current && !list.all) continue;
    if (!file.is_current && is_current) {
      out += "\n" + style("1", "Replaced by the above") + "\n";
    } else if (file.is_current && family != file.family) {
      out += "\n" + style("1", std::string(title_of(file.family))) + "\n";
    }
    family = file.family;
    is_current = file.is_current;
    const std::string line = row(list, file, &file == best);
    out += (&file == best ? style("1", line) : line) + "\n";
  }

  out += "\n";
  if (list.machine_bytes > 0) {
    out += fmt::format("This machine has {} of memory. ", human_bytes(list.machine_bytes));
  }
  out += best == nullptr
             ? "None of these runs on it.\n"
             : fmt::format("* is the one to begin with:\n\n  ds4 pull {}\n", best->name);
  out += "\n" +
         style("2",
               "memory     of a machine that holds all of it, with 32768 tokens of context\n"
               "from disk  runs here, slowly: experts come from the disk as they are needed") +
         "\n";
  if (!list.all) out += style("2", "--all      lists older files too") + "\n";
  out += style("2", "Files are kept in " + printable(list.folder, 300)) + "\n";
  return out;
}

Json to_json(const PullList& list) {
  const PublishedFile* best = recommended(list.machine_bytes);
  Json files = Json::array();
  for (const PublishedFile& file : download::catalog()) {
    if (!file.is_current && !list.all) continue;
    Json one = Json::object();
    one.set("name", file.name);
    one.set("file", file.file);
    one.set("kind", kind_of(file.kind));
    one.set("about", file.about);
    one.set("bytes", file.bytes);
    one.set("bytes_exact", file.is_size_exact);
    one.set("sha256", file.sha256.empty() ? Json() : Json(file.sha256));
    if (file.kind == FileKind::main) {
      const ModelNeeds needs = needs_of(file);
      one.set("memory_bytes", needs.memory_bytes);
      one.set("memory_from_disk_bytes", needs.resident_bytes);
      one.set("fit", name_of(fit_of(needs, list.machine_bytes)));
    }
    one.set("recommended", &file == best);
    const std::string_view state = state_of(list, file);
    one.set("state", state.empty() ? Json() : Json(state));
    files.push(std::move(one));
  }
  Json out = Json::object();
  out.set("machine_bytes", list.machine_bytes);
  out.set("folder", list.folder);
  out.set("default_model", list.default_model.empty() ? Json() : Json(list.default_model));
  out.set("files", std::move(files));
  return out;
}

}  // namespace ds4::cli
