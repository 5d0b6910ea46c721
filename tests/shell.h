// Runs a command as a user would, in the root of the tree.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace ds4 {

struct Ran {
  int status = -1;     // exit status; 128 + the signal that ended it
  std::string output;  // standard output and error together
};

// `command` is for the shell. Nobody is there to type: standard input is empty.
inline Ran run(const std::string& command) {
  Ran ran;
  const std::string line = "cd '" DS4_SOURCE_DIR "' && { " + command + "; } </dev/null 2>&1";
  std::FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) return ran;
  char buffer[4096];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    ran.output.append(buffer, count);
  }
  const int status = ::pclose(pipe);
  ran.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ran;
}

// The programs, quoted for the shell, with a space behind.
inline const std::string kDs4 = "'" DS4_BUILD_DIR "/ds4' ";
inline const std::string kDs4Gguf = "'" DS4_BUILD_DIR "/ds4-gguf' ";

inline std::string read_tree_file(const std::string& path) {
  std::ifstream in(std::string(DS4_SOURCE_DIR "/") + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace ds4
