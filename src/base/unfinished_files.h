// The temporary files of this process that are still being written, so that a program that is
// interrupted leaves none behind.
#pragma once

#include <string>

namespace ds4 {

// A name in the list for as long as it lives. Installs the signal handlers
// where the program has none.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const std::string& path);
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

 private:
  struct Slot;
  Slot* slot_;
  friend void remove_unfinished_files();
  static void remove_all();
};

}  // namespace ds4
