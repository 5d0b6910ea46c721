#include "download/default_model.h"

#include <climits>
#include <filesystem>
#include <fstream>

#include "base/atomic_file.h"
#include "base/user_folder.h"

namespace ds4::download {
namespace {

Result<std::string> memory_path() {
  TRY(const std::string folder, user_folder(UserFolder::data));
  return folder + "/default-model";
}

}  // namespace

Result<std::string> models_folder() {
  TRY(const std::string folder, user_folder(UserFolder::data));
  return folder + "/models";
}

Result<std::string> default_model() {
  TRY(const std::string path, memory_path());
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::string();
  std::string line;
  std::getline(in, line);
  if (line.empty() || line.front() != '/' || line.size() > PATH_MAX) {
    return fail(Code::bad_file, path, " should hold the path of a model; remove it");
  }
  return line;
}

Result<void> set_default_model(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error || absolute.find('\n') != absolute.npos) {
    return fail(Code::bad_argument, "this path cannot be remembered as the default model");
  }
  TRY(const std::string memory, memory_path());
  TRY_DO(make_folder(memory.substr(0, memory.rfind('/'))));
  TRY(AtomicFile file, AtomicFile::create(memory));
  TRY_DO(file.write(absolute + "\n"));
  return file.commit();
}

}  // namespace ds4::download
