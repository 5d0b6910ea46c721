// Sessions whose tokens arrive in any chunks, alone or beside others, on any instruction set and
// any number of threads: rows, choices and results are those of plain code, bit for bit.
#include "device/cpu/row_operations.h"

#include <gtest/gtest.h>

#include <memory>

#include "device/cpu/row_codec.h"
#include "device/cpu/scratch_needs.h"
#include "device/cpu/test_sessions.h"
#include "quant/test_vectors.h"

namespace ds4::device {
namespace {

using quant::expect_same_bits;

// The memory of a session's layer, and what its tokens brought about.
class TestSession {
 public:
  TestSession(const SessionShape& shape, const SessionInputs& inputs)
      : shape_(shape),
        inputs_(inputs),
        chosen(inputs.tokens),
        out(inputs.tokens * shape.heads * shape.format.head_width) {
    const RowFormat& format = shape.format;
    ring_.resize(ring_rows() * format.key_bytes());
    open_.resize(2 * shape.slots() * shape.projected(format.head_width), NAN);
    open_index_.resize(2 * shape.slots() * shape.projected(format.index_width), NAN);
    for (std::size_t row = 0; shape.ratio != 0 && row < inputs.tokens / shape.ratio;
         row += kPageRows) {
      page_bytes_.emplace_back(kPageRows * format.key_bytes(), std::byte{0xFF});
      index_bytes_.emplace_back(kPageRows * format.index_bytes(), std::byte{0xFF});
    }
    for (auto& page : page_bytes_) pages_.push_back(page.data());
    for (auto& page : index_bytes_) index_pages_.push_back(page.data());
  }

  std::uint32_t ring_rows() const { return shape_.window + 16; }
  const SessionInputs& inputs() const { return inputs_; }
  LayerRows rows() {
    return {ring_.data(), ring_rows(),        pages_.data(), index_pages_.data(),
            open_.data(), open_index_.data(), shape_.slots()};
  }

  std::vector<float> decoded(const std::byte* row) const {
    std::vector<float> out_row(decoded_stride(shape_.format));
    decode_keys(Isa::portable, shape_.format, &row, 1, out_row.data());
    out_row.resize(shape_.format.head_width);
    return out_row;
  }

  void expect_like(const SessionReference& want, const LayerNumbers& layer) const {
    const RowFormat& format = shape_.format;
    const std::size_t first = inputs_.tokens - std::min<std::size_t>(inputs_.tokens, ring_rows());
    for (std::size_t p = first; p < inputs_.tokens; ++p) {
      expect_same_bits(decoded(&ring_[p % ring_rows() * format.key_bytes()]), want.keys[p]);
    }
    for (std::size_t i = 0; i < want.compressed.size(); ++i) {
      SCOPED_TRACE(i);
      expect_same_bits(decoded(pages_[i / kPageRows] + i % kPageRows * format.key_bytes()),
                       want.compressed[i]);
    }
    for (std::size_t i = 0; i < want.index.size(); ++i) {
      std::vector<std::byte> bytes(format.index_bytes());
      encode_index_row(format, want.index[i].data(), bytes.data());
      EXPECT_EQ(0, std::memcmp(bytes.data(),
                               index_pages_[i / kPageRows] + i % kPageRows * format.index_bytes(),
                               bytes.size()))
          << i;
    }
    expect_open(open_, inputs_.values, inputs_.scores, layer.ape.values, format.head_width);
    if (shape_.ratio == 4) {
      expect_open(open_index_, inputs_.index_values, inputs_.index_scores, layer.index_ape.values,
                  format.index_width);
    }
    for (std::size_t p = 0; p < inputs_.tokens; ++p) ASSERT_EQ(chosen[p], want.chosen[p]) << p;
    expect_same_bits(out, want.out);
  }

 private:
  void expect_open(const std::vector<float>& open, const std::vector<float>& values,
                   const std::vector<float>& scores, const std::vector<float>& ape,
                   std::uint32_t width) const {
    if (shape_.ratio == 0) return;
    const std::size_t projected = shape_.projected(width), slots = shape_.slots();
    for (std::size_t p = inputs_.tokens - std::min(inputs_.tokens, slots); p < inputs_.tokens;
         ++p) {
      for (std::size_t k = 0; k < projected; ++k) {
        const float* slot = &open[p % slots * 2 * projected];
        ASSERT_EQ(slot[k], values[p * projected + k]);
        ASSERT_EQ(slot[projected + k],
                  scores[p * projected + k] + ape[p % shape_.ratio * projected + k]);
      }
    }
  }

  const SessionShape& shape_;
  const SessionInputs& inputs_;
  std::vector<std::byte> ring_;
  std::vector<float> open_, open_index_;
  std::vector<std::vector<std::byte>> page_bytes_, index_bytes_;
  std::vector<std::byte*> pages_, index_pages_;

 public:
  std::vector<std::vector<std::uint32_t>> chosen;
  std::vector<float> out;
  std::size_t done = 0;
};

struct Part {
  TestSession* session;
  std::uint32_t tokens;
};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from, std::size_t first, std::size_t tokens,
            std::size_t all) {
  const std::size_t width = from.size() / all;
  to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first * width),
            from.begin() + static_cast<std::ptrdiff_t>((first + tokens) * width));
}

class Runner {
 public:
  Runner(const SessionShape& shape, const LayerNumbers& layer, Isa isa, int threads)
      : shape_(shape), layer_(layer), team_(threads), scratch_(threads), at_{isa, team_, scratch_} {
    Capacity capacity;
    capacity.rows = 1024;
    capacity.heads = shape.heads;
    capacity.index_heads = shape.index_heads;
    capacity.top_k = shape.top_k;
    capacity.format = shape.format;
    for (const auto needs : {compress_needs, select_needs, attend_needs}) {
      scratch_.reserve_worker(needs(capacity).worker_bytes);
      scratch_.reserve_shared(needs(capacity).shared_bytes);
    }
  }

  void run(const std::vector<Part>& parts) {
    const RowFormat& format = shape_.format;
    std::vector<Segment> segments;
    std::vector<std::uint64_t> positions;
    std::vector<LayerRows> states;
    SessionInputs in(shape_, 0, 0);
    Batch batch;
    bool must_choose = false;
    for (const Part& part : parts) {
      const SessionInputs& from = part.session->inputs();
      const std::size_t first = part.session->done;
      segments.push_back({batch.rows, part.tokens, first});
      states.push_back(part.session->rows());
      for (std::uint32_t i = 0; i < part.tokens; ++i) positions.push_back(first + i);
      must_choose |= shape_.ratio == 4 && (first + part.tokens) / 4 > shape_.top_k;
      for (const auto member :
           {&SessionInputs::x, &SessionInputs::queries, &SessionInputs::values,
            &SessionInputs::scores, &SessionInputs::index_values, &SessionInputs::index_scores,
            &SessionInputs::index_queries, &SessionInputs::head_weights}) {
        append(in.*member, from.*member, first, part.tokens, from.tokens);
      }
      batch.rows += part.tokens;
    }
    batch.segments = segments;
    batch.positions = positions.data();

    std::vector<std::byte> keys(batch.rows * format.key_bytes());
    finish_keys(at_, batch,
                {in.x.data(), &layer_.norm.weight, 1e-6f, layer_.rope(), format, keys.data()});
    if (shape_.ratio != 0) {
      compress(at_, batch,
               {shape_.ratio, false, in.values.data(), in.scores.data(), &layer_.ape.weight,
                &layer_.compressed_norm.weight, 1e-6f, layer_.rope(), format, states});
    }
    std::vector<std::uint32_t> chosen(batch.rows * std::size_t{shape_.top_k});
    if (shape_.ratio == 4) {
      compress(at_, batch,
               {shape_.ratio, true, in.index_values.data(), in.index_scores.data(),
                &layer_.index_ape.weight, &layer_.index_norm.weight, 1e-6f, layer_.rope(), format,
                states});
    }
    if (must_choose) {
      select(at_, batch,
             {in.index_queries.data(), in.head_weights.data(), shape_.index_heads, shape_.top_k,
              layer_.rope(), format, states, chosen.data()});
    }
    std::vector<float> out(in.queries.size());
    attend(at_, batch,
           {in.queries.data(), keys.data(), shape_.heads, shape_.window, shape_.ratio, shape_.top_k,
            must_choose ? chosen.data() : nullptr, &layer_.sinks.weight, layer_.rope(), format,
            states, out.data()});
    keep_keys(at_, batch, keys.data(), format, states);

    const std::size_t row_floats = shape_.heads * format.head_width;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      TestSession& session = *parts[i].session;
      for (std::uint32_t t = 0; t < parts[i].tokens; ++t) {
        const std::size_t row = segments[i].first_row + t, token = session.done + t;
        std::copy_n(&out[row * row_floats], row_floats, &session.out[token * row_floats]);
        if (shape_.ratio != 4 || (token + 1) / 4 <= shape_.top_k) continue;
        session.chosen[token].assign(&chosen[row * shape_.top_k],
                                     &chosen[row * shape_.top_k] + shape_.top_k);
      }
      session.done += parts[i].tokens;
    }
  }

 private:
  const SessionShape& shape_;
  const LayerNumbers& layer_;
  Team team_;
  Scratch scratch_;
  Workplace at_;
};

constexpr std::size_t kTokens = 600;

void expect_any_chunks_to_agree(const SessionShape& shape, std::uint32_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const LayerNumbers layer(shape);
  const SessionInputs inputs[] = {{shape, 100, kTokens}, {shape, 200, 150}, {shape, 300, 37}};
  std::vector<SessionReference> want;
  for (const SessionInputs& in : inputs) want.push_back(reference_session(shape, layer, in));

  std::mt19937 random(seed);
  for (const Isa isa : runnable_isas()) {
    for (const int threads : {1, 2, 3, 8}) {
      if (isa != best_isa() && threads % 2 == 0) continue;  // the division of work is the same
      SCOPED_TRACE(std::string(name_of(isa)) + ", " + std::to_string(threads) + " threads");
      Runner runner(shape, layer, isa, threads);
      std::vector<std::unique_ptr<TestSession>> sessions;
      for (const SessionInputs& in : inputs) {
        sessions.push_back(std::make_unique<TestSession>(shape, in));
      }
      for (;;) {
        std::vector<Part> parts;
        for (auto& session : sessions) {
          const std::size_t left = session->inputs().tokens - session->done;
          if (left == 0 || random() % 4 == 0) continue;
          // Single tokens, a few, and more than any ring holds.
          const std::size_t most = random() % 3 == 0 ? 300 : random() % 2 == 0 ? 1 : 20;
          parts.push_back({session.get(), static_cast<std::uint32_t>(
                                              std::min<std::size_t>(left, 1 + random() % most))});
        }
        std::shuffle(parts.begin(), parts.end(), random);
        if (!parts.empty()) runner.run(parts);
        if (std::all_of(sessions.begin(), sessions.end(),
                        [](const auto& s) { return s->done == s->inputs().tokens; })) {
          break;
        }
      }
      for (std::size_t i = 0; i < sessions.size(); ++i) {
        SCOPED_TRACE("session " + std::to_string(i));
        sessions[i]->expect_like(want[i], layer);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

SessionShape small_shape(std::uint32_t ratio, std::uint32_t top_k, bool is_packed) {
  SessionShape shape;
  shape.format = {64 + 10, 10, 32, is_packed};
  shape.ratio = ratio;
  shape.top_k = top_k;
  return shape;
}

TEST(row_operations, window_only) {
  auto shape = small_shape(0, 0, true);
  expect_any_chunks_to_agree(shape, 1);
  shape.window = 1;
  shape.heads = 21;
  expect_any_chunks_to_agree(shape, 2);
}

TEST(row_operations, every_compressed_row) {
  expect_any_chunks_to_agree(small_shape(128, 1, true), 3);
}

TEST(row_operations, chosen_rows) {
  expect_any_chunks_to_agree(small_shape(4, 40, true), 4);
  auto shape = small_shape(4, 1, true);
  shape.format.index_width = 64;
  shape.index_heads = 9;
  expect_any_chunks_to_agree(shape, 5);
}

TEST(row_operations, lists_longer_than_what_is_decoded_at_once) {
  expect_any_chunks_to_agree(small_shape(4, 140, true), 6);
  expect_any_chunks_to_agree(small_shape(4, 1000, true), 7);
}

TEST(row_operations, without_rounding) {
  expect_any_chunks_to_agree(small_shape(4, 20, false), 8);
  expect_any_chunks_to_agree(small_shape(128, 1, false), 9);
}

}  // namespace
}  // namespace ds4::device
