// Result<T>: a value, or an Error saying in one sentence what went wrong, where, and what to do.
//
// No exception crosses a folder's edge; every function that the world can make fail returns one of
// these. TRY passes an error up:
//
//   TRY(auto file, MappedFile::open(path));   // declares `file`, or returns the error
//   TRY(shape.layers, keys.count("..."));     // assigns, or returns the error
//   TRY_DO(writer.finish());                  // for Result<void>
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace ds4 {

enum class Code {
  bad_argument,  // the caller asked for something impossible
  bad_file,      // a file is damaged or not what it claims to be
  not_found,     // a file, tensor, key or name does not exist
  io,            // the operating system refused; the message carries its reason
  unsupported,   // well-formed, but not something this program handles
  too_large,     // over a limit, or more than the machine has
  cancelled,     // the user stopped it
};

struct [[nodiscard]] Error {
  Code code;
  std::string message;
};

namespace detail {
inline void append(std::string& out, std::string_view text) {
  out += text;
}
inline void append(std::string& out, char c) {
  out += c;
}
template <class T>
requires(std::is_arithmetic_v<T> && !std::is_same_v<T, char>) void append(std::string& out,
                                                                          T number) {
  if constexpr (std::is_same_v<T, bool>) {
    out += number ? "true" : "false";
  } else {
    char digits[64];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
}
}  // namespace detail

// An error whose message is the parts, one after the other.
template <class... Parts>
Error fail(Code code, const Parts&... parts) {
  Error error{code, {}};
  (detail::append(error.message, parts), ...);
  return error;
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <class U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result<T>>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only after ok().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // Only after !ok().
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_{Code::bad_argument, {}};
  bool ok_ = true;
};

}  // namespace ds4

#define DS4_JOIN_(a, b) a##b
#define DS4_JOIN(a, b) DS4_JOIN_(a, b)

#define DS4_TRY_(result, target, ...)                 \
  auto result = (__VA_ARGS__);                        \
  if (!result.ok()) return std::move(result).error(); \
  target = *std::move(result)

#define TRY(target, ...) DS4_TRY_(DS4_JOIN(try_result_, __COUNTER__), target, __VA_ARGS__)

// The name differs from line to line, so that one may stand inside a lambda of another.
#define DS4_TRY_DO_(result, ...)                        \
  do {                                                  \
    auto result = (__VA_ARGS__);                        \
    if (!result.ok()) return std::move(result).error(); \
  } while (false)

#define TRY_DO(...) DS4_TRY_DO_(DS4_JOIN(try_result_, __COUNTER__), __VA_ARGS__)
