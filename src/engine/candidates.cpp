#include "engine/candidates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "engine/logit_passes.h"

namespace ds4::engine {
namespace {

// exp(-32) is a fifth of a unit of weight.
constexpr float kReach = 32;

// How much the share `p` of `total` is; at least one unit, at most all.
std::uint64_t part_of(std::uint64_t total, float p) {
  const double part = std::ceil(static_cast<double>(p) * static_cast<double>(total));
  if (part >= static_cast<double>(total)) return total;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(part));
}

}  // namespace

Candidates::Candidates(std::size_t token_count)
    : tokens_(token_count), distances_(token_count), weights_(token_count), keys_(token_count) {
  CHECK(token_count <= kTokensMax);
}

// Decides for a block at a time: most blocks go as a whole, or stay as a whole. In the others each
// is written to the next free place and counted only if it stays: no branch to mispredict.
template <class Keep>
void Candidates::keep_if(Keep keep) {
  constexpr std::size_t kBlock = 32;
  std::size_t kept = 0;
  const auto move = [this, &kept](std::size_t from, std::size_t count) {
    std::copy_n(&tokens_[from], count, &tokens_[kept]);
    std::copy_n(&distances_[from], count, &distances_[kept]);
    std::copy_n(&weights_[from], count, &weights_[kept]);
  };
  for (std::size_t at = 0; at < count_; at += kBlock) {
    const std::size_t size = std::min(kBlock, count_ - at);
    std::array<std::uint32_t, kBlock> stays;
    std::uint32_t staying = 0;
    for (std::size_t i = 0; i < size; ++i) staying += stays[i] = keep(at + i) ? 1 : 0;
    if (staying == 0) continue;
    if (staying == size) {
      if (kept != at) move(at, size);
      kept += size;
      continue;
    }
    for (std::size_t i = 0; i < size; ++i) {
      move(at + i, 1);
      kept += stays[i];
    }
  }
  count_ = kept;
}

void Candidates::gather(std::span<const float> logits, float best, float temperature,
                        std::size_t top_k) {
  CHECK(logits.size() <= tokens_.size());
  count_ = logits.size();
  measure_distances(logits, best, temperature, distances_.data());
  std::iota(tokens_.begin(), tokens_.end(), 0);
  const float reach = std::min(kReach, bound_of_nearest(top_k));
  keep_if([this, reach](std::size_t i) { return distances_[i] <= reach; });
  if (top_k < count_) {
    keep_lowest(distances_, top_k, [](std::size_t) { return std::uint64_t{1}; });
  }
}

// A distance that at least `count` candidates do not exceed: the nearest of that many groups.
float Candidates::bound_of_nearest(std::size_t count) {
  constexpr std::size_t kGroup = 64;
  const std::size_t groups = count_ / kGroup;
  if (count > groups) return kReach;
  for (std::size_t group = 0; group < groups; ++group) {
    const float* from = &distances_[group * kGroup];
    std::array<float, 16> nearest;
    std::copy_n(from, nearest.size(), nearest.begin());
    for (std::size_t i = nearest.size(); i < kGroup; ++i) {
      float& lane = nearest[i % nearest.size()];
      lane = from[i] < lane ? from[i] : lane;
    }
    keys_[group] = *std::min_element(nearest.begin(), nearest.end());
  }
  const auto bound = keys_.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(keys_.begin(), bound, keys_.begin() + static_cast<std::ptrdiff_t>(groups));
  return *bound;
}

// Bits of floats that are not negative order as the floats do, so the key where the amounts reach
// `need` is found eleven bits at a time, each pass summing the keys that share all bits before.
template <class Amount>
void Candidates::keep_lowest(const std::vector<float>& keys, std::uint64_t need, Amount amount) {
  struct Digit {
    int shift, bits;
  };
  constexpr Digit kDigits[] = {{20, 11}, {9, 11}, {0, 9}};
  const auto bits_of = [&keys](std::size_t i) { return std::bit_cast<std::uint32_t>(keys[i]); };

  std::uint32_t last = 0;  // the key's leading bits
  for (const Digit digit : kDigits) {
    const std::uint32_t mask = (1u << digit.bits) - 1;
    sums_.fill(0);
    for (std::size_t i = 0; i < count_; ++i) {
      const std::uint32_t leading = bits_of(i) >> digit.shift;
      if (leading >> digit.bits == last) sums_[leading & mask] += amount(i);
    }
    std::uint32_t at = 0;
    while (sums_[at] < need) need -= sums_[at++];
    last = last << digit.bits | at;
  }
  keep_if([&](std::size_t i) {
    const std::uint32_t bits = bits_of(i);
    if (bits != last) return bits < last;
    const bool stays = need > 0;
    need -= std::min(need, amount(i));
    return stays;
  });
}

void Candidates::weigh() {
  weights_of_distances({distances_.data(), count_}, weights_.data());
}

void Candidates::keep_top_p(float p) {
  const std::uint64_t all = total();
  const std::uint64_t need = part_of(all, p);
  // Those that all together are not more than may be missing, were each as heavy as the heaviest of
  // them: what remains suffices. This leaves few of most distributions.
  const std::uint64_t dust = (all - need) / count_;
  keep_if([this, dust](std::size_t i) { return weights_[i] > dust; });
  keep_lowest(distances_, need, [this](std::size_t i) { return weights_[i]; });
}

void Candidates::keep_min_p(float share) {
  const std::uint64_t least = part_of(kOne, share);
  keep_if([this, least](std::size_t i) { return weights_[i] >= least; });
}

void Candidates::keep_typical(float p) {
  // The surprise of a token, -ln p, is its distance plus ln of the sum of exp(-distance). So its
  // difference to the mean surprise, the entropy, is that of its distance to the mean distance.
  const std::uint64_t all = total();
  double sum = 0;  // in the order of ids
  for (std::size_t i = 0; i < count_; ++i) {
    sum += static_cast<double>(weights_[i]) * static_cast<double>(distances_[i]);
  }
  const double mean = sum / static_cast<double>(all);
  for (std::size_t i = 0; i < count_; ++i) {
    keys_[i] = static_cast<float>(std::fabs(static_cast<double>(distances_[i]) - mean));
  }
  keep_lowest(keys_, part_of(all, p), [this](std::size_t i) { return weights_[i]; });
}

std::uint64_t Candidates::total() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) sum += weights_[i];
  return sum;
}

Token Candidates::draw(double u) const {
  const std::uint64_t all = total();
  CHECK(all > 0);
  std::uint64_t left = std::min(static_cast<std::uint64_t>(u * static_cast<double>(all)), all - 1);
  std::size_t i = 0;
  while (left >= weights_[i]) left -= weights_[i++];
  return tokens_[i];
}

}  // namespace ds4::engine
