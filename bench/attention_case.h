// Attention and the indexer at the dimensions of Flash: a session, its packed rows, and a chunk.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "bench/product_case.h"
#include "device/cpu/row_codec.h"
#include "device/cpu/row_operations.h"
#include "device/cpu/scratch_needs.h"

namespace ds4::bench {

using namespace ds4::device;

inline constexpr std::uint32_t kHeads = 64, kWindow = 128, kTopK = 512;
inline constexpr RowFormat kFormat{512, 64, 128};

// A session with `position` tokens behind it and a chunk of `rows` tokens at hand.
class AttentionCase {
 public:
  AttentionCase(std::uint32_t ratio, std::uint64_t position, std::uint32_t rows, int threads,
                Isa isa)
      : team_(threads), scratch_(threads), at_{isa, team_, scratch_}, ratio_(ratio) {
    segment_ = {0, rows, position};
    batch_.rows = rows;
    batch_.segments = {&segment_, 1};
    for (std::uint32_t i = 0; i < rows; ++i) positions_.push_back(position + i);
    batch_.positions = positions_.data();

    const auto key = random_floats(kFormat.head_width);
    std::vector<std::byte> bytes(kFormat.key_bytes());
    encode_key(kFormat, key.data(), bytes.data());
    for (std::uint32_t i = 0; i < kWindow + 16; ++i) {
      ring_.insert(ring_.end(), bytes.begin(), bytes.end());
    }
    for (std::uint32_t i = 0; i < rows; ++i) keys_.insert(keys_.end(), bytes.begin(), bytes.end());
    const std::size_t compressed = ratio == 0 ? 0 : (position + rows) / ratio;
    std::mt19937 random(2);
    pages_bytes_.resize((compressed + kPageRows) * kFormat.key_bytes());
    index_bytes_.resize((compressed + kPageRows) * kFormat.index_bytes());
    for (std::size_t row = 0; row < compressed; ++row) {
      std::copy(bytes.begin(), bytes.end(), &pages_bytes_[row * kFormat.key_bytes()]);
      std::byte* index = &index_bytes_[row * kFormat.index_bytes()];
      for (std::uint32_t i = 0; i < 64; ++i) index[i] = static_cast<std::byte>(random());
      for (std::uint32_t i = 64; i < 68; ++i) index[i] = std::byte{125};
    }
    for (std::size_t row = 0; row <= compressed; row += kPageRows) {
      pages_.push_back(&pages_bytes_[row * kFormat.key_bytes()]);
      index_pages_.push_back(&index_bytes_[row * kFormat.index_bytes()]);
    }
    for (std::size_t i = 0; i < std::size_t{rows} * kTopK; ++i) {
      const std::size_t step = std::max<std::size_t>(compressed / kTopK, 1);
      chosen_.push_back(static_cast<std::uint32_t>(i % kTopK * step));
    }
    rows_ = {ring_.data(), kWindow + 16, pages_.data(), index_pages_.data(), nullptr, nullptr, 0};
    queries_ = random_floats(std::size_t{rows} * kHeads * kFormat.head_width);
    out_.resize(queries_.size());
    index_queries_ = random_floats(std::size_t{rows} * kHeads * kFormat.index_width);
    head_weights_ = random_floats(std::size_t{rows} * kHeads);
    for (std::uint32_t i = 0; i < 32; ++i) frequencies_.push_back(1.0f / static_cast<float>(i + 1));
    Capacity capacity;
    capacity.rows = rows;
    capacity.heads = capacity.index_heads = kHeads;
    capacity.top_k = kTopK;
    capacity.format = kFormat;
    for (const auto needs : {compress_needs, select_needs, attend_needs}) {
      scratch_.reserve_worker(needs(capacity).worker_bytes);
      scratch_.reserve_shared(needs(capacity).shared_bytes);
    }
  }

  void attend_once() {
    attend(at_, batch_,
           {queries_.data(),
            keys_.data(),
            kHeads,
            kWindow,
            ratio_,
            kTopK,
            chosen_.data(),
            &sinks_,
            {frequencies_.data(), 32},
            kFormat,
            {&rows_, 1},
            out_.data()});
  }
  // The queries are overwritten; what is left of them is as good for measuring.
  void select_once() {
    work_ = index_queries_;
    select(at_, batch_,
           {work_.data(),
            head_weights_.data(),
            kHeads,
            kTopK,
            {frequencies_.data(), 32},
            kFormat,
            {&rows_, 1},
            chosen_.data()});
  }

 private:
  Team team_;
  Scratch scratch_;
  Workplace at_;
  std::uint32_t ratio_;
  Segment segment_;
  Batch batch_;
  std::vector<std::uint64_t> positions_;
  std::vector<std::byte> ring_, keys_, pages_bytes_, index_bytes_;
  std::vector<std::byte*> pages_, index_pages_;
  std::vector<std::uint32_t> chosen_;
  LayerRows rows_;
  std::vector<float> queries_, out_, index_queries_, work_, head_weights_, frequencies_;
  std::vector<float> sink_values_ = std::vector<float>(kHeads);
  Weight sinks_{reinterpret_cast<const std::byte*>(sink_values_.data()),
                quant::Type::f32,
                kHeads,
                1,
                1,
                kHeads * sizeof(float)};
};

}  // namespace ds4::bench
