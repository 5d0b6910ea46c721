// Runs requests side by side in the calling thread.
#pragma once

#include <memory>
#include <vector>

#include "download/request.h"

namespace ds4::download {

class RequestLoop {
 public:
  RequestLoop();
  ~RequestLoop();
  RequestLoop(const RequestLoop&) = delete;
  RequestLoop& operator=(const RequestLoop&) = delete;

  // The request stays its owner's and must live until it has ended or was removed.
  void add(Request& request);
  void remove(Request& request);
  // Waits a moment at most; returns those that ended.
  std::vector<Request*> step();

 private:
  void* handle_;
};

}  // namespace ds4::download
