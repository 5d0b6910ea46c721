// What one session keeps of the tokens it has seen: a ring of raw key rows, append-only compressed
// and indexer rows in pages, and the compressors' open windows, for every layer. A function of the
// token sequence alone: how the tokens arrived leaves no trace in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "device/device.h"
#include "ds4/result.h"
#include "model/shape.h"

namespace ds4::model {

// What decides the layout of a state.
struct StateLayout {
  const Shape* shape = nullptr;
  bool is_packed = true;     // rows as the model's own rounding leaves them, else f32
  bool has_drafter = false;  // one more window-only layer, behind the last
  // Rope channels are kept as exactly as they are made: in f32 where the keys come from weights
  // whose products keep their activations in f32, else in two bytes.
  bool has_wide_rope = false;

  device::RowFormat format() const;
  // Of the main layers, then the drafter's: 0, 4 or 128.
  std::uint32_t ratio(std::size_t layer) const;
  std::size_t layers() const { return shape->layers + (has_drafter ? 1 : 0); }
};

// Used by the engine thread only.
class SessionState {
 public:
  explicit SessionState(const StateLayout& layout);
  SessionState(SessionState&&) noexcept = default;
  SessionState& operator=(SessionState&&) noexcept = default;

  // Tokens evaluated so far; the next one has this position.
  std::uint64_t tokens() const { return main_.tokens; }
  const StateLayout& layout() const { return layout_; }
  // Bytes in memory, pages that a fork shares counted in full.
  std::uint64_t bytes() const;

  // Makes room for tokens up to `tokens`, exclusive, and makes pages that will be written the
  // session's own. Everything that allocates is here.
  void reserve(std::uint64_t tokens);
  // So many more tokens were evaluated.
  void advance(std::uint64_t tokens);

  // Steps back to `tokens`: at most kRewindTokens behind the farthest ever reached, and not behind
  // where the state was restored. False, and nothing changes, where that is too far.
  [[nodiscard]] bool rewind(std::uint64_t tokens);

  // The drafter's ring counts rows of its own: it may have begun later than the session. Row i
  // stands for a token and the one that follows it.
  std::uint64_t drafter_rows() const { return drafter_.tokens; }
  void advance_drafter(std::uint64_t rows);
  [[nodiscard]] bool rewind_drafter(std::uint64_t rows);

  // A second state with the same content. Full pages are shared and copied when written.
  SessionState fork() const;

  // The state as bytes, and back. The same tokens give the same bytes, whatever the history.
  std::vector<std::byte> serialize() const;
  static Result<SessionState> deserialize(const StateLayout& layout, ByteReader& in);

  // For operations on one layer; valid until reserve().
  device::LayerRows rows(std::size_t layer);

 private:
  SessionState(const SessionState&) = default;

  using Page = std::shared_ptr<std::byte[]>;
  struct Pages {
    std::size_t row_bytes = 0;
    std::vector<Page> owners;
    std::vector<std::byte*> pages;  // the same, as operations take them

    std::byte* row(std::uint64_t i) const;
    void reserve(std::uint64_t first_row, std::uint64_t rows);
  };
  struct Layer {
    std::uint32_t ratio = 0;
    std::uint32_t open_slots = 0;
    std::vector<std::byte> ring;
    Pages keys, index;
    std::vector<float> open, open_index;
  };
  // How far the rings of some layers have come, and how far back they reach.
  struct Reach {
    std::uint64_t tokens = 0;
    std::uint64_t farthest = 0;
    std::uint64_t restored_at = 0;

    void advance(std::uint64_t count);
    bool rewind(std::uint64_t to);
  };
  template <class Visit>
  void visit_content(Visit&& visit);

  std::uint32_t ring_rows() const;

  StateLayout layout_;
  Reach main_, drafter_;
  std::vector<Layer> layers_;
};

}  // namespace ds4::model
