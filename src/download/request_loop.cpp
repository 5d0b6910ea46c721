#include "download/request_loop.h"

#include <curl/curl.h>

#include "base/check.h"

namespace ds4::download {
namespace {

// Short enough for a Ctrl+C to be felt at once.
constexpr int kStepMs = 100;

}  // namespace

RequestLoop::RequestLoop() : handle_(curl_multi_init()) {
  CHECK(handle_ != nullptr);
}

RequestLoop::~RequestLoop() {
  curl_multi_cleanup(handle_);
}

void RequestLoop::add(Request& request) {
  CHECK(curl_multi_add_handle(handle_, request.handle()) == CURLM_OK);
}

void RequestLoop::remove(Request& request) {
  curl_multi_remove_handle(handle_, request.handle());
}

std::vector<Request*> RequestLoop::step() {
  int running = 0;
  CHECK(curl_multi_perform(handle_, &running) == CURLM_OK);
  std::vector<Request*> ended;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    auto* request = reinterpret_cast<Request*>(self);
    const CURLcode code = message->data.result;
    remove(*request);  // `message` is gone with it
    if (request->wants_another_run(code)) {
      add(*request);
    } else {
      ended.push_back(request);
    }
  }
  if (ended.empty()) curl_multi_poll(handle_, nullptr, 0, kStepMs, nullptr);
  return ended;
}

}  // namespace ds4::download
