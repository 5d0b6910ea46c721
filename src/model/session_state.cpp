#include "model/session_state.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "model/memory_plan.h"

namespace ds4::model {

namespace {

constexpr std::uint32_t kMagic = 0x54535344;  // "DSST"
constexpr std::uint32_t kVersion = 1;

// Tokens whose compressor inputs the next rows may still need.
std::uint32_t needed_slots(std::uint32_t ratio) {
  return ratio == kIndexedRatio ? 2 * kIndexedRatio : ratio;
}

// What a serialized state says of itself before its content.
struct Header {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t layers = 0;  // of the main model
  std::uint32_t key_bytes = 0;
  std::uint32_t index_bytes = 0;
  std::uint32_t window = 0;
  std::uint64_t tokens = 0;
  std::uint64_t drafter_rows = 0;
};

}  // namespace

device::RowFormat StateLayout::format() const {
  return {shape->head_width, shape->rope_width, shape->index_width, is_packed,
          has_wide_rope ? 4u : 2u};
}

std::uint32_t StateLayout::ratio(std::size_t layer) const {
  return layer < shape->ratios.size() && layer < shape->layers ? shape->ratios[layer] : 0;
}

std::byte* SessionState::Pages::row(std::uint64_t i) const {
  return pages[i / device::kPageRows] + (i % device::kPageRows) * row_bytes;
}

void SessionState::Pages::reserve(std::uint64_t first_row, std::uint64_t rows) {
  const std::size_t page_bytes = row_bytes * device::kPageRows;
  const auto make = [&] { return std::make_shared_for_overwrite<std::byte[]>(page_bytes); };
  const std::size_t needed = (rows + device::kPageRows - 1) / device::kPageRows;
  for (std::size_t i = first_row / device::kPageRows; i < std::min(needed, owners.size()); ++i) {
    if (owners[i].use_count() == 1) continue;
    Page own = make();
    std::memcpy(own.get(), owners[i].get(), page_bytes);
    owners[i] = std::move(own);
    pages[i] = owners[i].get();
  }
  while (owners.size() < needed) {
    owners.push_back(make());
    pages.push_back(owners.back().get());
  }
}

void SessionState::Reach::advance(std::uint64_t count) {
  tokens += count;
  farthest = std::max(farthest, tokens);
}

bool SessionState::Reach::rewind(std::uint64_t to) {
  const std::uint64_t lowest = farthest < kRewindTokens ? 0 : farthest - kRewindTokens;
  if (to > tokens || to < std::max(lowest, restored_at)) return false;
  tokens = to;
  return true;
}

SessionState::SessionState(const StateLayout& layout) : layout_(layout) {
  const device::RowFormat format = layout.format();
  layers_.resize(layout.layers());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    layer.ratio = layout.ratio(i);
    layer.ring.resize(std::size_t{ring_rows()} * format.key_bytes());
    layer.keys.row_bytes = format.key_bytes();
    layer.index.row_bytes = format.index_bytes();
    if (layer.ratio == 0) continue;
    layer.open_slots = needed_slots(layer.ratio) + kRewindTokens;
    const std::size_t slot = 2 * std::size_t{layout.shape->compressor_width(layer.ratio)};
    layer.open.resize(layer.open_slots * slot);
    if (layer.ratio == kIndexedRatio) {
      layer.open_index.resize(layer.open_slots * std::size_t{4} * format.index_width);
    }
  }
}

std::uint32_t SessionState::ring_rows() const {
  return layout_.shape->window + kRewindTokens;
}

std::uint64_t SessionState::bytes() const {
  std::uint64_t sum = 0;
  for (const Layer& layer : layers_) {
    sum += layer.ring.size() + (layer.open.size() + layer.open_index.size()) * sizeof(float);
    for (const Pages* pages : {&layer.keys, &layer.index}) {
      sum += pages->owners.size() * pages->row_bytes * device::kPageRows;
    }
  }
  return sum;
}

void SessionState::reserve(std::uint64_t tokens) {
  for (Layer& layer : layers_) {
    if (layer.ratio == 0) continue;
    const std::uint64_t first = main_.tokens / layer.ratio;
    const std::uint64_t rows = tokens / layer.ratio;
    layer.keys.reserve(first, rows);
    if (layer.ratio == kIndexedRatio) layer.index.reserve(first, rows);
  }
}

void SessionState::advance(std::uint64_t tokens) {
  main_.advance(tokens);
}

bool SessionState::rewind(std::uint64_t tokens) {
  return main_.rewind(tokens);
}

void SessionState::advance_drafter(std::uint64_t rows) {
  drafter_.advance(rows);
}

bool SessionState::rewind_drafter(std::uint64_t rows) {
  return drafter_.rewind(rows);
}

SessionState SessionState::fork() const {
  return *this;
}

// Calls visit(bytes, size) for everything that the future of the session depends on, and for
// nothing else, in an order that its tokens decide.
template <class Visit>
void SessionState::visit_content(Visit&& visit) {
  const device::RowFormat format = layout_.format();
  const auto visit_ring = [&](Layer& layer, std::uint64_t tokens) {
    const std::uint64_t window = layout_.shape->window;
    for (std::uint64_t p = tokens < window ? 0 : tokens - window; p < tokens; ++p) {
      visit(layer.ring.data() + p % ring_rows() * format.key_bytes(), format.key_bytes());
    }
  };
  const auto visit_rows = [&](Pages& pages, std::uint64_t rows) {
    for (std::uint64_t i = 0; i < rows; i += device::kPageRows) {
      const std::uint64_t count = std::min<std::uint64_t>(device::kPageRows, rows - i);
      visit(pages.row(i), count * pages.row_bytes);
    }
  };
  const std::uint64_t tokens = main_.tokens;
  const auto visit_open = [&](const Layer& layer, std::vector<float>& open, std::size_t width) {
    const std::uint64_t begin = tokens / layer.ratio * layer.ratio;
    const auto slot = [&](std::uint64_t t) {
      return open.data() + t % layer.open_slots * 2 * width;
    };
    const auto visit_floats = [&](float* floats, std::size_t count) {
      visit(reinterpret_cast<std::byte*>(floats), count * sizeof(float));
    };
    // Of the window before, the overlapping ratio needs what its tokens give to the next one.
    if (layer.ratio == kIndexedRatio && begin > 0) {
      for (std::uint64_t t = begin - kIndexedRatio; t < begin; ++t) {
        visit_floats(slot(t), width / 2);
        visit_floats(slot(t) + width, width / 2);
      }
    }
    for (std::uint64_t t = begin; t < tokens; ++t) visit_floats(slot(t), 2 * width);
  };

  for (std::size_t i = 0; i < layout_.shape->layers; ++i) {
    Layer& layer = layers_[i];
    visit_ring(layer, tokens);
    if (layer.ratio == 0) continue;
    visit_rows(layer.keys, tokens / layer.ratio);
    visit_open(layer, layer.open, layout_.shape->compressor_width(layer.ratio));
    if (layer.ratio != kIndexedRatio) continue;
    visit_rows(layer.index, tokens / layer.ratio);
    visit_open(layer, layer.open_index, std::size_t{2} * format.index_width);
  }
  if (layout_.has_drafter) visit_ring(layers_.back(), drafter_.tokens);
}

std::vector<std::byte> SessionState::serialize() const {
  const device::RowFormat format = layout_.format();
  const Header header{.layers = layout_.shape->layers,
                      .key_bytes = format.key_bytes(),
                      .index_bytes = format.index_bytes(),
                      .window = layout_.shape->window,
                      .tokens = main_.tokens,
                      .drafter_rows = drafter_.tokens};
  // Visiting changes nothing here; it serves the way back as well.
  auto& self = const_cast<SessionState&>(*this);
  std::size_t bytes = sizeof header;
  self.visit_content([&](std::byte*, std::size_t size) { bytes += size; });
  std::vector<std::byte> out(bytes);
  std::byte* end = out.data();
  const auto append = [&end](const void* from, std::size_t size) {
    std::memcpy(end, from, size);
    end += size;
  };
  append(&header, sizeof header);
  self.visit_content(append);
  return out;
}

Result<SessionState> SessionState::deserialize(const StateLayout& layout, ByteReader& in) {
  const auto damaged = [](auto... why) { return fail(Code::bad_file, "the saved state ", why...); };
  const auto header = in.read<Header>();
  if (!header) return damaged("ends inside its header");
  if (header->magic != kMagic) return damaged("does not begin as one");
  if (header->version != kVersion) {
    return damaged("has version ", header->version, "; this program reads ", kVersion);
  }
  const device::RowFormat format = layout.format();
  if (header->layers != layout.shape->layers || header->key_bytes != format.key_bytes() ||
      header->index_bytes != format.index_bytes() || header->window != layout.shape->window) {
    return damaged("belongs to a model of another shape, or to rows kept another way");
  }
  // Every token leaves at least one row's bytes behind in the ring, up to the window.
  if (header->tokens > layout.shape->context_tokens || header->drafter_rows > header->tokens) {
    return damaged("claims ", header->tokens, " tokens; the model's context has ",
                   layout.shape->context_tokens);
  }

  SessionState state(layout);
  const std::uint64_t row_bytes = format.key_bytes();
  for (std::size_t i = 0; i < layout.shape->layers; ++i) {
    const std::uint32_t ratio = layout.ratio(i);
    if (ratio != 0 && header->tokens / ratio * row_bytes > in.remaining()) {
      return damaged("ends too early");
    }
  }
  state.reserve(header->tokens);
  state.main_ = {header->tokens, header->tokens, header->tokens};
  const bool has_drafter = layout.has_drafter;
  if (has_drafter) {
    state.drafter_ = {header->drafter_rows, header->drafter_rows, header->drafter_rows};
  }
  bool complete = true;
  state.visit_content([&](std::byte* to, std::size_t size) {
    const auto from = in.take(size);
    complete &= from.has_value();
    if (from) std::memcpy(to, from->data(), size);
  });
  if (!complete) return damaged("ends too early");
  if (!has_drafter && header->drafter_rows > 0) {
    // Of a drafter that is not loaded this time.
    const auto rows = std::min<std::uint64_t>(header->drafter_rows, layout.shape->window);
    if (!in.take(rows * row_bytes)) return damaged("ends too early");
  }
  return state;
}

device::LayerRows SessionState::rows(std::size_t layer) {
  Layer& l = layers_[layer];
  return {.ring = l.ring.data(),
          .ring_rows = ring_rows(),
          .pages = l.keys.pages.data(),
          .index_pages = l.index.pages.data(),
          .open_window = l.open.data(),
          .open_index_window = l.open_index.data(),
          .open_slots = l.open_slots};
}

}  // namespace ds4::model
