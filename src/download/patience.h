// How long to wait before something that failed is tried again, and when to give up.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

namespace ds4::download {

class Patience {
 public:
  Patience(int tries, double wait_seconds) : tries_(tries), wait_seconds_(wait_seconds) {}

  void succeeded() { failures_ = 0; }
  // Seconds to wait after one more failure: each time twice as long, and never shorter than the
  // other side `asked` for. Nothing when it is time to give up.
  std::optional<double> failed(double asked) {
    if (++failures_ >= tries_ || asked > kAskedSecondsMax) return std::nullopt;
    const double doubled = wait_seconds_ * std::exp2(std::min(failures_ - 1, 20));
    // Connections that broke together shall not come back together.
    std::uniform_real_distribution<double> spread(0.75, 1.25);
    return std::max(asked, std::min(doubled, kWaitSecondsMax) * spread(random_));
  }
  int failures() const { return failures_; }

 private:
  static constexpr double kWaitSecondsMax = 30;
  static constexpr double kAskedSecondsMax = 600;

  int tries_;
  double wait_seconds_;
  int failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace ds4::download
