// The floors of docs/architecture.md as a rule about #include lines: they lead to a lower floor, or
// stay inside one folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ds4 {

struct Folder {
  std::string_view path;
  int floor;
};

// A new folder takes its place here and in docs/architecture.md.
constexpr Folder kFolders[] = {
    {"include/ds4", 0}, {"src/base", 1},     {"src/quant", 2}, {"src/text", 2},
    {"src/store", 2},   {"src/download", 2}, {"src/gguf", 3},  {"src/grammar", 3},
    {"src/kernel", 3},  {"src/device", 4},   {"src/model", 5}, {"src/engine", 6},
    {"src/convert", 6}, {"src/eval", 6},     {"src/api", 7},   {"src/http", 7},
    {"src/agent", 7},   {"src/terminal", 7}, {"apps", 8},
};

// The one door to the command line library, which is slow to compile.
constexpr std::string_view kCommandLine = "apps/shared/command_line.h";

// The place of a file named from the root of the tree ("src/base/json.h"); null for none.
inline const Folder* folder_of(std::string_view file) {
  for (const Folder& folder : kFolders) {
    if (file.size() > folder.path.size() && file.substr(0, folder.path.size()) == folder.path &&
        file[folder.path.size()] == '/') {
      return &folder;
    }
  }
  return nullptr;
}

// "apps/cli" of "apps/cli/main.cpp".
inline std::string_view parent_of(std::string_view file) {
  return file.substr(0, file.rfind('/'));
}

inline bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Whether `line` is an #include; what it names, and whether in <>.
struct Include {
  std::string name;
  bool angled = false;
};
inline std::optional<Include> read_include(std::string_view line) {
  const auto skip_blanks = [&line] {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  };
  skip_blanks();
  if (line.empty() || line.front() != '#') return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (line.substr(0, 7) != "include") return std::nullopt;
  line.remove_prefix(7);
  skip_blanks();
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
  const bool angled = line.front() == '<';
  line.remove_prefix(1);
  const auto end = line.find(angled ? '>' : '"');
  if (end == std::string_view::npos) return std::nullopt;
  return Include{std::string(line.substr(0, end)), angled};
}

// What is wrong with `include` in `file`, or nothing. `exists` says whether the tree has a file.
inline std::optional<std::string> complain(const std::string& file, const Include& include,
                                           const std::function<bool(const std::string&)>& exists) {
  const Folder* from = folder_of(file);
  if (from == nullptr) return "is in a folder that has no floor";
  const std::string& name = include.name;

  if (include.angled) {
    // Headers of the standard library have neither folder nor suffix.
    if (from->floor == 0 && name.find_first_of("/.") != std::string::npos) {
      return "is the face and takes the standard library only, not <" + name + ">";
    }
    if (name.rfind("nlohmann/", 0) == 0 && file != "src/base/json.cpp") {
      return "sees the JSON library, which only src/base/json.cpp may; others use base/json.h";
    }
    if ((name.rfind("curl/", 0) == 0 || name.rfind("openssl/", 0) == 0) &&
        from->path != "src/download") {
      return "sees a library of the network, which only src/download may";
    }
    if (name.rfind("CLI/", 0) == 0 && file != kCommandLine) {
      return "sees the command line library, which only " + std::string(kCommandLine) + " may";
    }
    if (exists("src/" + name) || exists("include/" + name)) {
      return "includes <" + name + ">; our own headers stand in quotes";
    }
    return std::nullopt;
  }

  std::string to_file;
  if (name.find('/') == std::string::npos) to_file = std::string(parent_of(file)) + "/" + name;
  if (from->floor == 8 && exists("apps/" + name)) to_file = "apps/" + name;
  for (const char* root : {"src/", "include/", ""}) {
    if (to_file.empty() && exists(root + name)) to_file = root + name;
  }
  if (to_file == kCommandLine && !ends_with(file, "/main.cpp")) {
    return "sees the command line library, which only a program's main.cpp may";
  }
  if (to_file.empty() || !exists(to_file)) return "includes " + name + ", which is not in the tree";

  const bool is_test = ends_with(file, "_test.cpp") || ends_with(file, "_fuzz.cpp");
  if (is_test && to_file.rfind("tests/", 0) == 0) return std::nullopt;
  const Folder* to = folder_of(to_file);
  if (to == nullptr) return "includes " + to_file + ", which is in a folder that has no floor";
  if (from == to) {
    if (from->floor == 8 && parent_of(file) != parent_of(to_file) &&
        parent_of(to_file) != "apps/shared") {
      return "includes " + to_file + " of another program; what they share goes to apps/shared";
    }
    return std::nullopt;
  }
  // The upper front ends stay thin over the face.
  const bool allowed = from->floor == 7 ? to->floor <= 1 : to->floor < from->floor;
  if (allowed) return std::nullopt;
  return "(floor " + std::to_string(from->floor) + ") includes " + to_file + " (floor " +
         std::to_string(to->floor) + ")";
}

}  // namespace ds4
