// An array whose memory the system hands out page by page as it is first written: room for the
// largest case costs nothing until that case comes. Elements begin undefined.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace ds4 {

template <class T>
class LazyArray {
 public:
  // At least `count` elements. What was there is lost where more are needed than before.
  void reserve(std::size_t count) {
    static_assert(std::is_trivially_default_constructible_v<T>);
    if (count <= size_) return;
    data_.reset();
    data_ = std::make_unique_for_overwrite<T[]>(count);
    size_ = count;
  }
  std::size_t size() const { return size_; }
  T* data() const { return data_.get(); }
  T* at(std::size_t i) const { return data_.get() + i; }

 private:
  std::unique_ptr<T[]> data_;
  std::size_t size_ = 0;
};

}  // namespace ds4
