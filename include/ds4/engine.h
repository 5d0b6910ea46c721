// The model itself: a file opened, its weights bound to a device, ready for conversations.
//
//   TRY(const auto engine, Engine::open("flash.gguf", {.context_tokens = 65536}));
//   TRY(Chat chat, engine->start({.system = "Be brief."}));
//   for (const Event& event : chat.ask("Why is the sky blue?")) show(event);
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ds4/result.h"
#include "ds4/text.h"

namespace ds4 {

class Chat;
class Responder;
struct ChatOptions;

struct EngineOptions {
  std::uint64_t context_tokens = 0;  // of a session; 0: 32768, or less where memory ends
  int threads = 0;                   // 0: one for each full-size core, see docs/threads.md
  std::string cpus = {};             // processors to keep them on: "0-7,16-23"; empty: any
  std::string isa = {};              // of the kernels; empty: the best this processor has
  std::string drafter = {};          // file of a drafter; empty: the one in the model file, if any
  std::optional<int> draft_tokens = {};  // at most so many at a time; 0: none
  bool round_rows = true;                // the FP8 and FP4 roundings the model was trained with
  std::string steering = {};             // file of a direction
  float steering_scale = 1;
};

// What was opened, for people.
struct ModelFacts {
  std::string path;
  std::string name;    // "DeepSeek V4 Flash", or what the shape is
  std::string device;  // "CPU, AVX-512, 2 threads"
  std::uint64_t file_bytes = 0;
  std::uint64_t context_tokens = 0;
  std::uint64_t token_count = 0;  // of the vocabulary
  int layers = 0;
  bool has_drafter = false;
  int draft_tokens = 0;  // 0: drafting is off
  bool has_steering = false;
};

// Used by one thread at a time. Must outlive its Chats and Responders.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const std::string& path,
                                              const EngineOptions& options = {});
  ~Engine();

  const ModelFacts& facts() const;
  const TextModel& text() const;

  // An empty conversation.
  Result<Chat> start(const ChatOptions& options);
  // One that Chat::save() wrote. Refused if it came from another model.
  Result<Chat> load(const std::string& path, const ChatOptions& options);
  // An empty sequence for whole requests.
  Responder responder();

 private:
  friend class Chat;
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ds4
