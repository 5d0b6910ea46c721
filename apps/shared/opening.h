// What a person sees while a model is opened, which takes a while.
#pragma once

#include <string>

namespace ds4 {

// A status line on standard error, where that is a terminal, as long as this lives.
class Opening {
 public:
  explicit Opening(const std::string& path);
  ~Opening();
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

 private:
  bool is_shown_;
};

}  // namespace ds4
