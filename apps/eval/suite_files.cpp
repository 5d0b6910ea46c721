#include "eval/suite_files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "base/mapped_file.h"
#include "base/utf8.h"
#include "shared/shipped.h"

namespace ds4::eval {

namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().extension() == ".jsonl") out.push_back(entry.path().string());
  }
  if (error) return fail(Code::io, path, ": cannot list the folder: ", error.message());
  if (out.empty()) return fail(Code::not_found, path, ": holds no .jsonl files");
  std::sort(out.begin(), out.end());
  return out;
}

Result<Suite> read_file(const std::string& path) {
  TRY(const MappedFile file, MappedFile::open(path, "suite"));
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes().data()),
                               file.bytes().size());
  auto suite = read_suite(bytes, fs::path(path).stem().string());
  if (!suite.ok()) return fail(suite.error().code, path, ": ", suite.error().message);
  return suite;
}

// A shipped set has a plain name; what looks like a path is one.
Result<std::string> path_of(const std::string& set) {
  if (set.find('/') != std::string::npos || set.ends_with(".jsonl")) return set;
  return shipped_path("eval/" + set);
}

}  // namespace

Result<std::vector<Suite>> read_suites(const std::vector<std::string>& paths,
                                       const std::string& set) {
  std::vector<std::string> given = paths;
  if (given.empty()) {
    TRY(std::string path, path_of(set));
    given.push_back(std::move(path));
  }
  std::vector<Suite> out;
  std::set<std::string> names;
  for (const std::string& path : given) {
    TRY(const std::vector<std::string> files, files_of(path));
    for (const std::string& file : files) {
      TRY(Suite suite, read_file(file));
      if (!names.insert(suite.name).second) {
        return fail(Code::bad_argument, file, ": a second suite named ", suite.name,
                    "; results could not be told apart");
      }
      out.push_back(std::move(suite));
    }
  }
  return out;
}

}  // namespace ds4::eval
