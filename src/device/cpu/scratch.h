// Memory that operations borrow for their duration: one piece for each worker and one that they
// share. It grows in prepare() and never in a step.
#pragma once

#include <cstddef>
#include <vector>

#include "base/check.h"
#include "base/lazy_array.h"

namespace ds4::device {

class Scratch {
 public:
  explicit Scratch(int workers) : workers_(static_cast<std::size_t>(workers)) {}

  // What an operation may ask for from now on, at most.
  void reserve_worker(std::size_t bytes) {
    for (Piece& piece : workers_) piece.reserve(lines(bytes));
  }
  void reserve_shared(std::size_t bytes) { shared_.reserve(lines(bytes)); }

  // The first `count` elements of a piece, aligned to 64 bytes.
  template <class T>
  T* worker(int index, std::size_t count) {
    return carve<T>(workers_[static_cast<std::size_t>(index)], count);
  }
  template <class T>
  T* shared(std::size_t count) {
    return carve<T>(shared_, count);
  }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  using Piece = LazyArray<Line>;

  static std::size_t lines(std::size_t bytes) { return (bytes + sizeof(Line) - 1) / sizeof(Line); }
  template <class T>
  static T* carve(Piece& piece, std::size_t count) {
    CHECK(count * sizeof(T) <= piece.size() * sizeof(Line));
    return reinterpret_cast<T*>(piece.data());
  }

  std::vector<Piece> workers_;
  Piece shared_;
};

}  // namespace ds4::device
