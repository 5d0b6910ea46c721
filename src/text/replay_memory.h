// Remembers tool turns exactly as they were sampled, by the ids of their calls. Clients send them
// back as JSON, which loses spelling; rendering what was sampled keeps the cached prefix.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "text/message.h"
#include "text/span.h"

namespace ds4::text {

struct SampledTurn {
  std::vector<ToolCall> calls;  // with the ids that clients were given
  // The block with the line breaks before it; trusted where the bytes were added tokens.
  std::vector<Span> block;
  std::string reasoning;
  std::string content;
};

// Used by one thread at a time.
class ReplayMemory {
 public:
  struct Limits {
    std::size_t ids = 100000;
    std::size_t bytes = std::size_t{256} << 20;
  };

  ReplayMemory() = default;
  explicit ReplayMemory(const Limits& limits) : limits_(limits) {}

  // Forgets the turns used longest ago where the limits ask for it. Ids are never given twice; a
  // turn with an id that is known takes the place of the older one.
  void store(SampledTurn turn);

  // If `message` is a turn that is remembered, with the same calls in the same order, puts the
  // sampled block into it, its content where the client only trimmed the ends, and its reasoning
  // where the client sent none. Returns whether it did. A turn that the client has edited is left
  // as it is.
  bool recall(Message& message);

  std::size_t bytes() const { return bytes_; }
  std::size_t ids() const { return places_.size(); }

 private:
  using Turns = std::list<SampledTurn>;  // the one used last comes first

  void forget(Turns::iterator turn);
  static std::size_t size_of(const SampledTurn& turn);

  Limits limits_;
  Turns turns_;
  std::unordered_map<std::string, Turns::iterator> places_;
  std::size_t bytes_ = 0;
};

// Whether two values mean the same to a JSON reader: the order of keys and the spelling of numbers
// do not count.
bool same_json(const Json& a, const Json& b);

}  // namespace ds4::text
