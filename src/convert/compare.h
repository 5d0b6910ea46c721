// How far two files are apart, tensor by tensor: what a quantization cost.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ds4/result.h"
#include "gguf/file.h"

namespace ds4::convert {

// Sums over pairs of values; added up over rows and tensors in a fixed order.
struct Difference {
  std::uint64_t count = 0;
  double largest = 0;       // of |a - b|
  double square_error = 0;  // sum of (a - b)^2
  double square_a = 0, square_b = 0, product = 0;

  void add(const Difference& other);
  double rms() const;           // of a - b
  double relative_rms() const;  // against the spread of a
  double cosine() const;
};

struct TensorComparison {
  std::string name;
  std::string kind;  // its role in the model, or "other"
  quant::Type type_a{}, type_b{};
  Difference difference;
};

struct Comparison {
  std::vector<TensorComparison> tensors;  // in the order of the first file
  std::vector<std::string> only_in_a, only_in_b;
  std::vector<std::string> other_shape;  // in both, but not comparable
};

struct CompareOptions {
  int threads = 0;
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(std::uint64_t weights)> on_progress;  // any thread
};

Result<Comparison> compare(const gguf::File& a, const gguf::File& b, const CompareOptions& options);

// Values that compare() will visit, for a progress bar.
std::uint64_t comparable_weights(const gguf::File& a, const gguf::File& b);

}  // namespace ds4::convert
