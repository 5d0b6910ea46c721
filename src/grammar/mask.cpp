#include "grammar/mask.h"

#include <algorithm>
#include <bit>

namespace ds4::grammar {
namespace {

// With at least this much room on the stack, entries are shared: hardly a token opens more calls.
// One that does is noticed, and the entry is then found for the exact room.
constexpr std::uint32_t kRoomShared = 64;

// Masks with fewer tokens are stored as lists.
constexpr std::size_t kSparse = 512;

constexpr std::uint32_t kDead = 0;
constexpr std::uint32_t kUnknown = kNone;

struct ThreadsHash {
  std::size_t operator()(const std::vector<Thread>& threads) const {
    std::uint64_t h = threads.size();
    for (const Thread& t : threads) {
      h = (h ^ ((std::uint64_t{t.state} << 32) | t.frame)) * 0x9E3779B97F4A7C15ull;
      h ^= h >> 32;
    }
    return static_cast<std::size_t>(h);
  }
};

// Sets the bits begin..end-1.
void set_bits(std::vector<std::uint64_t>& words, std::uint32_t begin, std::uint32_t end) {
  if (begin == end) return;
  const std::uint64_t first = ~0ull << (begin % 64), last = ~0ull >> (63 - (end - 1) % 64);
  std::uint32_t w = begin / 64;
  const std::uint32_t last_word = (end - 1) / 64;
  if (w == last_word) {
    words[w] |= first & last;
    return;
  }
  words[w] |= first;
  for (++w; w < last_word; ++w) words[w] = ~0ull;
  words[last_word] |= last;
}

}  // namespace

std::size_t TokenMask::count() const {
  std::size_t n = 0;
  for (std::uint64_t w : words_) n += static_cast<std::size_t>(std::popcount(w));
  return n;
}

// A deterministic automaton over configurations (sets of threads whose stacks end in an unknown
// caller), made as it is walked: after the first visit a byte is a table lookup.
class MaskCache::Machine {
 public:
  explicit Machine(const Grammar& grammar) : grammar_(grammar) { reset(); }

  struct Config {
    std::vector<Thread> kernel;
    // Where every character of the groups `absorbs` leads: back here for a loop, one further for a
    // counted repetition. kUnknown until it is looked for.
    std::uint32_t after = kUnknown;
    std::uint32_t visits = 0;
    std::uint64_t absorbs = 0;
    bool returns = false;  // may leave into the unknown caller
    bool no_room = false;  // a thread was cut on the way here, or would be cut going on
  };

  // Forgets everything once it has grown large. Never during a walk.
  void make_room() {
    if (configs_.size() > 8192) reset();
  }

  std::uint32_t start(std::uint32_t state, std::uint32_t room) {
    if (grammar_.depth_needed(state) > room) return kDead;
    kernel_.assign(1, {state, frames_.bottom(room)});
    return intern(false);
  }

  std::uint32_t next(std::uint32_t config, std::uint8_t byte) {
    const std::size_t at = config * classes_ + grammar_.byte_class()[byte];
    const std::uint32_t known = table_[at];
    return known != kUnknown ? known : find_next(config, at);
  }

  const Config& operator[](std::uint32_t config) const { return configs_[config]; }

  // Whether every text of at most `height` characters of these groups is possible from here. Only
  // asked of configurations that proved to be often visited: finding out costs some hundred steps.
  bool absorbs(std::uint32_t config, std::uint64_t groups, unsigned height) {
    if (configs_[config].visits < kVisitsBeforeLooking) {
      ++configs_[config].visits;
      return false;
    }
    for (; height > 0; --height) {
      if (configs_[config].after == kUnknown) find_after(config);
      if ((groups & ~configs_[config].absorbs) != 0) return false;
      if (configs_[config].after == config) return true;
      config = configs_[config].after;
    }
    return true;
  }

 private:
  static constexpr std::uint32_t kVisitsBeforeLooking = 8;

  void reset() {
    frames_.clear();
    configs_.clear();
    ids_.clear();
    table_.clear();
    classes_ = grammar_.class_byte().size();
    configs_.push_back({});
    table_.resize(classes_, kDead);
  }

  std::uint32_t find_next(std::uint32_t config, std::size_t at) {
    if (config == kDead) return table_[at] = kDead;
    closure_.find(grammar_, frames_, configs_[config].kernel);
    const bool cut =
        step(grammar_, frames_, closure_, grammar_.class_byte()[at % classes_], kernel_);
    const std::uint32_t to = kernel_.empty() && !cut ? kDead : intern(cut);
    return table_[at] = to;
  }

  std::uint32_t intern(bool was_cut) {
    std::sort(kernel_.begin(), kernel_.end());
    if (was_cut) kernel_.push_back({kNone, kNone});  // a mark in the name
    const auto [place, is_new] =
        ids_.try_emplace(kernel_, static_cast<std::uint32_t>(configs_.size()));
    if (was_cut) kernel_.pop_back();
    if (!is_new) return place->second;
    Config config;
    config.kernel = kernel_;
    closure_.find(grammar_, frames_, kernel_);
    config.returns = closure_.returns;
    config.no_room = was_cut || closure_.no_room;
    configs_.push_back(std::move(config));
    table_.resize(table_.size() + classes_, kUnknown);
    return place->second;
  }

  void find_after(std::uint32_t config) {
    // Most repetitions take letters; those that do not may take digits.
    std::uint32_t after = next(config, 'a');
    if (after == kDead) after = next(config, '0');
    std::uint64_t absorbs = 0;
    if (after != kDead) {
      std::uint64_t others = 0;
      for (unsigned b = 0; b < 0x80; ++b) {
        const auto byte = static_cast<std::uint8_t>(b);
        if (next(config, byte) != after) others |= 1ull << group_of_byte(byte);
      }
      absorbs = ~others & ((1ull << 41) - 1);
      if (utf8_leads_to(config, after)) absorbs |= 1ull << kUtf8Group;
      if (configs_[after].no_room || configs_[after].kernel.empty()) absorbs = 0;
    }
    configs_[config].after = after;
    configs_[config].absorbs = absorbs;
  }

  bool utf8_leads_to(std::uint32_t config, std::uint32_t goal) {
    return all_to(config, 0xC2, 0xDF, 0x80, 0xBF, 1, goal) &&
           all_to(config, 0xE0, 0xE0, 0xA0, 0xBF, 2, goal) &&
           all_to(config, 0xE1, 0xEC, 0x80, 0xBF, 2, goal) &&
           all_to(config, 0xED, 0xED, 0x80, 0x9F, 2, goal) &&
           all_to(config, 0xEE, 0xEF, 0x80, 0xBF, 2, goal) &&
           all_to(config, 0xF0, 0xF0, 0x90, 0xBF, 3, goal) &&
           all_to(config, 0xF1, 0xF3, 0x80, 0xBF, 3, goal) &&
           all_to(config, 0xF4, 0xF4, 0x80, 0x8F, 3, goal);
  }

  // Whether every byte of low..high, then of low2..high2, then `tails - 1` continuation bytes,
  // leads to `goal`.
  bool all_to(std::uint32_t from, unsigned low, unsigned high, unsigned low2, unsigned high2,
              int tails, std::uint32_t goal) {
    std::uint32_t last = kDead;
    for (unsigned b = low; b <= high; ++b) {
      const std::uint32_t to = next(from, static_cast<std::uint8_t>(b));
      if (tails == 0) {
        if (to != goal) return false;
        continue;
      }
      if (to == kDead) return false;
      if (to == last) continue;
      last = to;
      if (!all_to(to, low2, high2, 0x80, 0xBF, tails - 1, goal)) return false;
    }
    return true;
  }

  const Grammar& grammar_;
  Frames frames_;
  std::vector<Config> configs_;
  std::unordered_map<std::vector<Thread>, std::uint32_t, ThreadsHash> ids_;
  std::vector<std::uint32_t> table_;  // [configs, classes]
  std::size_t classes_ = 0;
  Closure closure_;
  std::vector<Thread> kernel_;
};

// What is known of a state (or of a state and the states below it on the stack): the tokens allowed
// whatever lies further below, and where tokens leave into it.
struct MaskCache::Entry {
  std::uint64_t key = 0;
  Entry* parent = nullptr;
  bool no_room = false;              // the room cut something: exact for this very room only
  std::vector<Token> list;           // the tokens, if few
  std::vector<std::uint64_t> words;  // else the mask
  std::vector<std::uint32_t> exits;  // trie nodes; ascending once the entry is finished
  std::unordered_map<std::uint64_t, std::unique_ptr<Entry>> children;
  std::list<Entry*>::iterator place;

  std::size_t bytes() const {
    return sizeof(Entry) + list.size() * sizeof(Token) + words.size() * 8 + exits.size() * 4;
  }
  void add_to(TokenMask& mask) const {
    if (words.empty()) {
      for (Token token : list) mask.allow(token);
    } else {
      auto out = mask.words();
      for (std::size_t i = 0; i < words.size(); ++i) out[i] |= words[i];
    }
  }
};

MaskCache::MaskCache(std::shared_ptr<const Grammar> grammar,
                     std::shared_ptr<const Vocabulary> vocabulary, Limits limits)
    : grammar_(std::move(grammar)),
      vocabulary_(std::move(vocabulary)),
      limits_(limits),
      machine_(std::make_unique<Machine>(*grammar_)),
      found_(vocabulary_->order().size() / 64 + 1),
      scratch_(vocabulary_->size()) {}

MaskCache::~MaskCache() = default;

void MaskCache::add_allowed(std::span<const Thread> kernel, const Frames& frames, TokenMask& mask) {
  for (const Thread& thread : kernel) add_thread(thread, frames, mask);
  evict();
}

void MaskCache::add_thread(Thread thread, const Frames& frames, TokenMask& mask) {
  const std::uint32_t room = frames[thread.frame].room;
  if (room <= kRoomShared) {
    add_chain(thread, frames, room, mask);
  } else if (!add_chain(thread, frames, kRoomShared, mask)) {
    add_chain(thread, frames, room, mask);
  }
}

// Follows the entries down the thread's stack. False if the entries are shared between rooms and
// cannot say for this one.
bool MaskCache::add_chain(Thread thread, const Frames& frames, std::uint32_t room,
                          TokenMask& mask) {
  ++statistics_.lookups;
  const bool is_shared = room != frames[thread.frame].room;
  Entry* entry = base_entry(thread.state, room);
  for (std::uint32_t f = thread.frame;; f = frames[f].parent) {
    if (is_shared && entry->no_room) return false;
    if (entry->exits.empty() || frames.is_bottom(f)) break;
    if (!is_shared) ++room;
    entry = child_entry(entry, frames[f].state, room);
  }
  for (Entry* e = entry; e != nullptr; e = e->parent) touch(e);
  entry->add_to(mask);
  return true;
}

void MaskCache::touch(Entry* entry) {
  recent_.splice(recent_.begin(), recent_, entry->place);
}

MaskCache::Entry* MaskCache::base_entry(std::uint32_t state, std::uint32_t room) {
  // A rule without calls does not look at the room: all depths share its masks.
  if (grammar_->in_leaf(state)) room = 0;
  const std::uint64_t key = (std::uint64_t{state} << 32) | room;
  const auto known = roots_.find(key);
  if (known != roots_.end()) return known->second.get();
  auto entry = std::make_unique<Entry>();
  entry->key = key;
  walk(0, state, room, *entry);
  return finish_entry(std::move(entry), nullptr, nullptr);
}

MaskCache::Entry* MaskCache::child_entry(Entry* parent, std::uint32_t state, std::uint32_t room) {
  const std::uint64_t key = (std::uint64_t{state} << 32) | room;
  const auto known = parent->children.find(key);
  if (known != parent->children.end()) return known->second.get();
  auto entry = std::make_unique<Entry>();
  entry->key = key;
  entry->no_room = parent->no_room;
  // A token that leaves at once is one of the caller's own: its entry is likely known.
  const Entry* caller = nullptr;
  if (parent->exits.front() == 0) caller = base_entry(state, room);
  for (std::uint32_t node : parent->exits) {
    if (node == 0) {
      entry->exits = caller->exits;
      entry->no_room |= caller->no_room;
    } else {
      walk(node, state, room, *entry);
    }
  }
  std::sort(entry->exits.begin(), entry->exits.end());
  entry->exits.erase(std::unique(entry->exits.begin(), entry->exits.end()), entry->exits.end());
  return finish_entry(std::move(entry), parent, caller);
}

// Moves the tokens of found_ to scratch_, where they stand by their number.
void MaskCache::spread() {
  std::size_t count = 0;
  for (std::uint64_t w : found_) count += static_cast<std::size_t>(std::popcount(w));
  const auto order = vocabulary_->order();
  if (count < order.size() / 8) {
    for (std::size_t w = 0; w < found_.size(); ++w) {
      for (std::uint64_t bits = found_[w]; bits != 0; bits &= bits - 1) {
        scratch_.allow(order[w * 64 + static_cast<std::size_t>(std::countr_zero(bits))]);
      }
    }
  } else {
    // Reading scattered bits is faster than writing them: each word of the mask is written once.
    const auto places = vocabulary_->places();
    const auto words = scratch_.words();
    for (std::size_t w = 0; w < words.size(); ++w) {
      const std::size_t end = std::min<std::size_t>(64, places.size() - w * 64);
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < end; ++i) {
        const std::uint32_t place = places[w * 64 + i];
        word |= (found_[place / 64] >> (place % 64) & 1) << i;
      }
      words[w] |= word;
    }
  }
  std::fill(found_.begin(), found_.end(), 0);
}

// Stores what was found, beside the tokens of the parent and the caller, as the entry's mask, and
// the entry where it belongs.
MaskCache::Entry* MaskCache::finish_entry(std::unique_ptr<Entry> entry, Entry* parent,
                                          const Entry* caller) {
  scratch_.clear();
  if (parent != nullptr) parent->add_to(scratch_);
  if (caller != nullptr) caller->add_to(scratch_);
  spread();
  const std::size_t count = scratch_.count();
  const auto words = std::as_const(scratch_).words();
  if (count < kSparse) {
    entry->list.reserve(count);
    for (std::size_t w = 0; w < words.size(); ++w) {
      for (std::uint64_t bits = words[w]; bits != 0; bits &= bits - 1) {
        entry->list.push_back(static_cast<Token>(w * 64 + std::countr_zero(bits)));
      }
    }
  } else {
    entry->words.assign(words.begin(), words.end());
  }
  entry->parent = parent;
  Entry* out = entry.get();
  recent_.push_front(out);
  out->place = recent_.begin();
  ++statistics_.misses;
  ++statistics_.entries;
  statistics_.bytes += out->bytes();
  auto& home = parent ? parent->children : roots_;
  home[out->key] = std::move(entry);
  return out;
}

// Drops entries from the least recently used end. A parent was used whenever a child was, so it
// comes later in line than its children.
void MaskCache::evict() {
  auto it = recent_.end();
  while (statistics_.bytes > limits_.bytes && it != recent_.begin()) {
    --it;
    Entry* victim = *it;
    if (!victim->children.empty()) continue;
    it = recent_.erase(it);
    statistics_.bytes -= victim->bytes();
    --statistics_.entries;
    auto& home = victim->parent ? victim->parent->children : roots_;
    const std::uint64_t key = victim->key;
    home.erase(key);
  }
}

// Adds to found_ the tokens below `node` that go on from `state`, and to the entry where they
// leave.
void MaskCache::walk(std::uint32_t node, std::uint32_t state, std::uint32_t room, Entry& entry) {
  machine_->make_room();
  scan(node, machine_->start(state, room), entry);
}

//
// Level by level: the trie is laid out that way, so the walk goes forward through memory, and what
// it will look at next is known early enough to be fetched meanwhile. Most of its time is such
// waiting.
void MaskCache::scan(std::uint32_t node, std::uint32_t config, Entry& entry) {
  const Vocabulary& v = *vocabulary_;
  Machine& machine = *machine_;
  entry.no_room |= machine[config].no_room;
  queue_.clear();
  auto enter = [&](std::uint32_t at, const Vocabulary::Node& n, std::uint32_t to) {
    if (n.child_count == 0) return;
    if (machine[to].returns) entry.exits.push_back(at);
    __builtin_prefetch(&v.node(n.first_child));
    queue_.push_back({n.first_child, n.first_child + n.child_count, to});
  };
  enter(node, v.node(node), config);
  for (std::size_t q = 0; q < queue_.size(); ++q) {
    const Siblings siblings = queue_[q];
    statistics_.nodes_visited += siblings.end - siblings.first;
    for (std::uint32_t i = siblings.first; i < siblings.end; ++i) {
      const Vocabulary::Node& n = v.node(i);
      const std::uint32_t to = machine.next(siblings.config, n.byte);
      if (to == kDead) continue;
      if (n.child_count > 0 && machine.absorbs(to, n.groups, n.height)) {
        entry.no_room |= machine[to].no_room;
        set_bits(found_, n.first_token, n.end_token);  // everything below is possible
        continue;
      }
      const Machine::Config& c = machine[to];
      entry.no_room |= c.no_room;
      if (c.kernel.empty()) continue;  // only cut threads led here
      set_bits(found_, n.first_token, n.own_end);
      enter(i, n, to);
    }
  }
}

void MaskCache::warm(std::uint64_t nodes_max) {
  const std::uint64_t stop = statistics_.nodes_visited + nodes_max;
  for (std::uint32_t s = 0; s < grammar_->state_count(); ++s) {
    if (statistics_.nodes_visited >= stop || statistics_.bytes > limits_.bytes / 2) return;
    unsigned width = 0;
    for (const Dfa::Edge& e : grammar_->edges(s)) width += e.high - e.low + 1u;
    if (width >= 64) base_entry(s, std::min(grammar_->depth_max(), kRoomShared));
  }
}

}  // namespace ds4::grammar
