#include "engine/candidates.h"

#include <algorithm>
#include <bit>
#include <cmath>

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

// Written to the next free place always and counted only if kept: no branch to mispredict.
template <class Keep>
void Candidates::keep_if(Keep keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const bool stays = keep(i);
    tokens_[kept] = tokens_[i];
    distances_[kept] = distances_[i];
    weights_[kept] = weights_[i];
    kept += stays ? 1 : 0;
  }
  count_ = kept;
}

void Candidates::gather(std::span<const float> logits, float best, float temperature) {
  CHECK(logits.size() <= tokens_.size());
  measure_distances(logits, best, temperature, keys_.data());
  count_ = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    tokens_[count_] = static_cast<Token>(i);
    distances_[count_] = keys_[i];
    count_ += keys_[i] < kReach ? 1 : 0;
  }
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

void Candidates::keep_top_k(std::size_t count) {
  if (count < count_) keep_lowest(distances_, count, [](std::size_t) { return std::uint64_t{1}; });
}

void Candidates::weigh() {
  exp_of_negatives({distances_.data(), count_}, keys_.data());
  // Adding rounds to a multiple of 2^-44, which is the last bit of the sum.
  constexpr double kRound = 256;
  for (std::size_t i = 0; i < count_; ++i) {
    weights_[i] = std::bit_cast<std::uint64_t>(static_cast<double>(keys_[i]) + kRound) -
                  std::bit_cast<std::uint64_t>(kRound);
  }
}

void Candidates::keep_top_p(float p) {
  keep_lowest(distances_, part_of(total(), p), [this](std::size_t i) { return weights_[i]; });
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
