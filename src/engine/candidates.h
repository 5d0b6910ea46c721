// The tokens that may still be drawn, and how likely each is. Weights are integers, so their sums
// are exact, whatever the order: the same token is drawn on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ds4/text.h"

namespace ds4::engine {

class Candidates {
 public:
  // The weight of the best token. What weighs under half a unit
  // cannot be drawn: tokens e^-31 times as likely as the best.
  static constexpr std::uint64_t kOne = std::uint64_t{1} << 44;
  // Keeps weights of that many tokens below 2^64.
  static constexpr std::size_t kTokensMax = std::size_t{1} << 19;

  // Scratch for that many logits; nothing is allocated later.
  explicit Candidates(std::size_t token_count);

  // Starts again with the `top_k` tokens of `logits` nearest to the best one, whose logit is
  // `best`. The distance is (best - logit) / temperature; NaN is no candidate. Here and below,
  // equals go by ascending id.
  void gather(std::span<const float> logits, float best, float temperature, std::size_t top_k);
  // weight = exp(-distance), to the nearest unit.
  void weigh();

  // After weigh(). The nearest whose weights together reach the share `p` of all; at least one.
  void keep_top_p(float p);
  // Those of at least `share` of the best one's weight.
  void keep_min_p(float share);
  // Those nearest to the mean distance, which is where a token says as much as is expected of the
  // next one, until their weights reach the share `p`; at least one.
  void keep_typical(float p);

  std::uint64_t total() const;
  // The token at the share `u` (0 <= u < 1) of the weights in the order of ids.
  Token draw(double u) const;

  std::span<const Token> tokens() const { return {tokens_.data(), count_}; }

 private:
  // Keeps those of the lowest keys until their amounts reach `need`, which all together do.
  template <class Amount>
  void keep_lowest(const std::vector<float>& keys, std::uint64_t need, Amount amount);
  template <class Keep>
  void keep_if(Keep keep);
  float bound_of_nearest(std::size_t count);

  // Ascending ids; the first count_ of each are in use.
  std::size_t count_ = 0;
  std::vector<Token> tokens_;
  std::vector<float> distances_;
  std::vector<std::uint64_t> weights_;
  std::vector<float> keys_;
  std::array<std::uint64_t, 2048> sums_{};  // of the amounts of keys that share leading bits
};

}  // namespace ds4::engine
