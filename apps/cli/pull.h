// `ds4 pull`: the published model files, and getting one of them.
#pragma once

#include <string>

namespace ds4::cli {

struct PullOptions {
  std::string name;  // of the catalog, of a file, or a URL; empty: list
  bool list = false;
  bool all = false;
  std::string folder;    // empty: the user's
  std::string base_url;  // empty: as the environment says
  int connections = 4;
  int tries = 8;
  std::string sha256;
  bool keep_default = false;
  bool set_default = false;
  bool json = false;
  bool plain = false;
};

// Returns the exit code: 130 after Ctrl+C.
int pull(const PullOptions& options);

}  // namespace ds4::cli
