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
  std::uint64_t tokens() const { return tokens_; }
  const StateLayout& layout() const { return layout_; }
  // Bytes in memory, pages that a fork shares counted in full.
  std::uint64_t bytes() const;

  // Makes room for tokens up to `tokens`, exclusive, and makes pages that will be written the
  // session's own. Everything that allocates is here.
  void reserve(std::uint64_t tokens);
  // The tokens below were evaluated.
  void advance(std::uint64_t tokens) { tokens_ += tokens; }

  // Steps back, by at most kRewindTokens behind the farthest token seen since the state was built
  // or restored. False, and nothing changes, where that is too far.
  [[nodiscard]] bool rewind(std::uint64_t tokens);

  // A second state with the same content. Full pages are shared and copied when written.
  SessionState fork() const;

  // The state as bytes, and back. The same tokens give the same bytes, whatever the history.
  std::vector<std::byte> serialize() const;
  static Result<SessionState> deserialize(const StateLayout& layout, ByteReader& in);

  // For operations on one layer; valid until reserve().
  device::LayerRows rows(std::size_t layer);

 private:
  using Page = std::shared_ptr<std::byte[]>;
  struct Pages {
    std::size_t row_bytes = 0;
    std::vector<Page> owners;
    std::vector<std::byte*> pages;
  };
  struct Layer {
    std::uint32_t ratio = 0;
    std::vector<std::byte> ring;
    Pages keys, index;
    std::vector<float> open, open_index;
  };

  void reserve_pages(Pages& pages, std::uint64_t first_row, std::uint64_t rows);

  StateLayout layout_;
  std::uint64_t tokens_ = 0;
  std::uint64_t farthest_ = 0;  // what the rings were last written for
  std::vector<Layer> layers_;
};

}  // namespace ds4::model
