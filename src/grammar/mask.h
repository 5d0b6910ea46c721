// Token masks: which tokens of the vocabulary may come next.
//
// For a state, what most tokens do depends on its own rule alone. That part is found once, by
// walking the vocabulary's trie, and kept; the walk also notes the trie nodes at which a token
// leaves the rule (`"` ends the string, the token is `",`). For such a token the caller decides: so
// below the entry of a state hang entries by the state returned to, which walk only the subtrees of
// the noted nodes, and below those, where tokens leave again, entries by the next state on the
// stack. An entry that no token leaves is exact, and a mask is a lookup and a copy.
//
// The entries of the least recently used states are dropped when the cache is full.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "grammar/grammar.h"
#include "grammar/threads.h"
#include "grammar/vocabulary.h"

namespace ds4::grammar {

class TokenMask {
 public:
  TokenMask() = default;
  explicit TokenMask(std::size_t tokens) : words_((tokens + 63) / 64, 0), size_(tokens) {}

  std::size_t size() const { return size_; }
  bool allows(Token token) const { return (words_[token / 64] >> (token % 64)) & 1; }
  void allow(Token token) { words_[token / 64] |= 1ull << (token % 64); }
  void clear() { std::fill(words_.begin(), words_.end(), 0); }
  std::size_t count() const;
  std::span<const std::uint64_t> words() const { return words_; }
  std::span<std::uint64_t> words() { return words_; }
  bool operator==(const TokenMask&) const = default;

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

struct MaskCacheLimits {
  std::size_t bytes = 64u << 20;  // of stored masks
};

// The masks of one grammar over one vocabulary, shared by all matchers of that pair.
// One thread at a time.
class MaskCache {
 public:
  using Limits = MaskCacheLimits;

  MaskCache(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Vocabulary> vocabulary,
            Limits limits = {});
  ~MaskCache();
  MaskCache(const MaskCache&) = delete;
  MaskCache& operator=(const MaskCache&) = delete;

  const Grammar& grammar() const { return *grammar_; }
  const Vocabulary& vocabulary() const { return *vocabulary_; }

  // Adds to `mask` every token that may come next in one of `kernel`'s threads. End tokens are not
  // added; the matcher knows where the text may end.
  void add_allowed(std::span<const Thread> kernel, const Frames& frames, TokenMask& mask);

  // Finds masks ahead of their use, for states in which many bytes are possible (strings), until
  // `nodes_max` trie nodes were visited. For a worker thread, before the matcher runs.
  void warm(std::uint64_t nodes_max);

  struct Statistics {
    std::uint64_t lookups = 0, misses = 0, nodes_visited = 0;
    std::size_t entries = 0, bytes = 0;
  };
  const Statistics& statistics() const { return statistics_; }

 private:
  class Machine;
  struct Entry;

  Entry* base_entry(std::uint32_t state, std::uint32_t room);
  Entry* child_entry(Entry* parent, std::uint32_t state, std::uint32_t room);
  Entry* finish_entry(std::unique_ptr<Entry> entry, Entry* parent, const Entry* caller);
  void spread();
  void add_thread(Thread thread, const Frames& frames, TokenMask& mask);
  bool add_chain(Thread thread, const Frames& frames, std::uint32_t room, TokenMask& mask);
  void walk(std::uint32_t node, std::uint32_t state, std::uint32_t room, Entry& entry);
  void scan(std::uint32_t node, std::uint32_t config, Entry& entry);
  void touch(Entry* entry);
  void evict();

  std::shared_ptr<const Grammar> grammar_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  Limits limits_;
  std::unique_ptr<Machine> machine_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Entry>> roots_;
  std::list<Entry*> recent_;          // most recent first; a parent stands before its children
  std::vector<std::uint64_t> found_;  // tokens met by the walk, by their place in the trie's order
  TokenMask scratch_;
  // Siblings to look at, and the configuration of their parent.
  struct Siblings {
    std::uint32_t first, end, config;
  };
  std::vector<Siblings> queue_;  // while walking
  Statistics statistics_;
};

}  // namespace ds4::grammar
