#include "text/merge_table.h"

#include <bit>

#include "base/check.h"

namespace ds4::text {

MergeTable::MergeTable(std::size_t count) {
  CHECK(count <= kTokensMax);
  const std::size_t slots = std::bit_ceil(2 * count + 2);
  slots_.assign(slots, kEmpty);
  mask_ = slots - 1;
  shift_ = 64 - std::countr_zero(slots);
  results_.reserve(count);
}

bool MergeTable::add(Token left, Token right, Token result) {
  const std::uint64_t key = key_of(left, right);
  std::size_t slot = slot_of(key);
  for (; slots_[slot] != kEmpty; slot = (slot + 1) & mask_) {
    if (slots_[slot] >> kTokenBits == key) return false;
  }
  CHECK(2 * (results_.size() + 1) < slots_.size());
  slots_[slot] = key << kTokenBits | results_.size();
  if (results_.empty()) first_result_ = result;
  if (result != first_result_ + static_cast<Token>(results_.size())) consecutive_ = false;
  results_.push_back(result);
  put(lefts_, left);
  put(rights_, right);
  return true;
}

}  // namespace ds4::text
