#include "model/session_state.h"

#include <gtest/gtest.h>

#include <cstring>

#include "model/memory_plan.h"

namespace ds4::model {
namespace {

Shape small_shape() {
  Shape s = flash_shape();
  s.layers = 3;
  s.ratios = {0, 4, 128};
  s.head_width = 128;
  s.rope_width = 64;
  s.window = 16;
  s.index_width = 64;
  s.context_tokens = 4096;
  return s;
}

// What a forward pass would leave behind, as far as a state can tell: bytes that follow from the
// layer, the kind of row and the position alone.
void write_tokens(SessionState& state, std::uint64_t tokens) {
  const std::uint64_t begin = state.tokens();
  state.reserve(begin + tokens);
  const StateLayout& layout = state.layout();
  const device::RowFormat format = layout.format();
  for (std::size_t l = 0; l < layout.shape->layers; ++l) {
    const device::LayerRows rows = state.rows(l);
    const std::uint32_t ratio = layout.ratio(l);
    const std::size_t slot =
        ratio == 0 ? 0 : 2 * std::size_t{layout.shape->compressor_width(ratio)};
    for (std::uint64_t p = begin; p < begin + tokens; ++p) {
      const int mark = static_cast<int>(p * 7 + l);
      std::memset(rows.ring + p % rows.ring_rows * format.key_bytes(), mark, format.key_bytes());
      if (ratio == 0) continue;
      for (std::size_t i = 0; i < slot; ++i) {
        rows.open_window[p % rows.open_slots * slot + i] = static_cast<float>(p) + 0.5f;
      }
      if (ratio == kIndexedRatio) {
        const std::size_t index_slot = std::size_t{4} * format.index_width;
        for (std::size_t i = 0; i < index_slot; ++i) {
          rows.open_index_window[p % rows.open_slots * index_slot + i] = static_cast<float>(p);
        }
      }
      if ((p + 1) % ratio != 0) continue;
      const std::uint64_t row = p / ratio;
      const auto at = [&](std::byte* const* pages, std::size_t bytes) {
        return pages[row / device::kPageRows] + row % device::kPageRows * bytes;
      };
      std::memset(at(rows.pages, format.key_bytes()), mark + 1, format.key_bytes());
      if (ratio != kIndexedRatio) continue;
      std::memset(at(rows.index_pages, format.index_bytes()), mark + 2, format.index_bytes());
    }
  }
  state.advance(tokens);
}

class SessionStates : public testing::TestWithParam<bool> {
 protected:
  SessionStates() : layout_{&shape_, GetParam(), false} {}
  SessionState after(std::uint64_t tokens) {
    SessionState state(layout_);
    write_tokens(state, tokens);
    return state;
  }
  Shape shape_ = small_shape();
  StateLayout layout_;
};

TEST_P(SessionStates, bytes_are_a_function_of_the_tokens) {
  for (const std::uint64_t n : {0, 1, 3, 4, 5, 127, 128, 129, 255, 256, 600}) {
    SessionState whole = after(n);
    SessionState pieces(layout_);
    while (pieces.tokens() < n) {
      write_tokens(pieces, std::min<std::uint64_t>(7, n - pieces.tokens()));
    }
    EXPECT_EQ(whole.serialize(), pieces.serialize()) << n;
    if (n < 16) continue;
    SessionState stepped_back = after(n);
    write_tokens(stepped_back, 9);
    ASSERT_TRUE(stepped_back.rewind(n));
    EXPECT_EQ(whole.serialize(), stepped_back.serialize()) << n;
  }
}

TEST_P(SessionStates, come_back_from_bytes) {
  for (const std::uint64_t n : {0, 1, 4, 9, 127, 128, 130, 511, 513}) {
    const std::vector<std::byte> bytes = after(n).serialize();
    ByteReader in(bytes);
    auto state = SessionState::deserialize(layout_, in);
    ASSERT_TRUE(state.ok()) << state.error().message;
    EXPECT_EQ(in.remaining(), 0u);
    EXPECT_EQ(state->serialize(), bytes) << n;
    write_tokens(*state, 200);
    EXPECT_EQ(state->serialize(), after(n + 200).serialize()) << n;
  }
}

TEST_P(SessionStates, damaged_bytes_are_refused) {
  const std::vector<std::byte> bytes = after(300).serialize();
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + cut / 3) {
    ByteReader in({bytes.data(), cut});
    EXPECT_FALSE(SessionState::deserialize(layout_, in).ok()) << cut;
  }
  for (std::size_t i = 0; i < 24; ++i) {
    std::vector<std::byte> wrong = bytes;
    wrong[i] ^= std::byte{0x80};
    ByteReader in(wrong);
    EXPECT_FALSE(SessionState::deserialize(layout_, in).ok()) << i;
  }
  std::vector<std::byte> huge = bytes;
  std::memset(huge.data() + 24, 0xFF, 8);
  ByteReader in(huge);
  EXPECT_FALSE(SessionState::deserialize(layout_, in).ok());
}

TEST_P(SessionStates, rewind_reaches_as_far_as_the_rings) {
  SessionState state = after(300);
  EXPECT_FALSE(state.rewind(301));
  EXPECT_FALSE(state.rewind(300 - kRewindTokens - 1));
  EXPECT_TRUE(state.rewind(300 - kRewindTokens));
  // What was overwritten once does not come back by going forward a little.
  write_tokens(state, 3);
  EXPECT_FALSE(state.rewind(300 - kRewindTokens - 1));

  const std::vector<std::byte> bytes = after(300).serialize();
  ByteReader in(bytes);
  auto restored = SessionState::deserialize(layout_, in);
  ASSERT_TRUE(restored.ok());
  EXPECT_FALSE(restored->rewind(299));
  write_tokens(*restored, 20);
  EXPECT_TRUE(restored->rewind(304));
}

TEST_P(SessionStates, forks_go_their_own_way) {
  SessionState first = after(150);
  const std::vector<std::byte> before = first.serialize();
  SessionState second = first.fork();
  EXPECT_EQ(second.serialize(), before);
  write_tokens(second, 100);
  EXPECT_EQ(first.serialize(), before);
  ASSERT_TRUE(first.rewind(140));
  write_tokens(first, 10);
  EXPECT_EQ(first.serialize(), before);
  EXPECT_EQ(second.serialize(), after(250).serialize());
}

TEST_P(SessionStates, size_is_as_planned) {
  if (!layout_.is_packed) return;
  const StateBytes plan = session_state_bytes(shape_, 4096);
  const std::uint64_t planned = plan.rows + plan.index_rows + plan.window + plan.partial;
  const std::uint64_t bytes = after(4096).bytes();
  EXPECT_GE(bytes, planned);
  const std::uint64_t pages = 3 * device::kPageRows * layout_.format().key_bytes();
  EXPECT_LE(bytes, planned + pages);
}

INSTANTIATE_TEST_SUITE_P(Formats, SessionStates, testing::Bool());

}  // namespace
}  // namespace ds4::model
