// The key-value part of a GGUF file: keys in file order, values as views into the file's bytes,
// typed reading by the policy that integers of any width and sign stand for a count when they fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ds4/result.h"

namespace ds4::gguf {

// Ids as in the file.
enum class ValueType : std::uint32_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12,
};

// "u32", "string", ...; "unknown" for ids the format does not define.
std::string_view name_of(ValueType type);

// Bytes of a scalar; 0 for strings, arrays and unknown ids.
std::size_t scalar_bytes(ValueType type);

// One key. Views live as long as the bytes they were read from, which were checked when read:
// lengths and counts inside `value` are true.
struct Entry {
  std::string_view key;
  ValueType type;
  std::span<const std::byte> value;

  // Of an array: the type and number of its elements.
  ValueType element_type() const;
  std::uint64_t element_count() const;
};

class Metadata {
 public:
  // Keys must be unique (the reader checks it).
  void add(Entry entry);

  std::span<const Entry> entries() const { return entries_; }
  const Entry* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  // Each fails when the key is missing or of another kind, and says so.
  Result<std::uint64_t> count(std::string_view key) const;
  Result<double> real(std::string_view key) const;
  Result<bool> flag(std::string_view key) const;
  Result<std::string_view> text(std::string_view key) const;
  Result<std::vector<std::uint64_t>> counts(std::string_view key) const;
  Result<std::vector<double>> reals(std::string_view key) const;
  Result<std::vector<std::string_view>> texts(std::string_view key) const;
  // Whole numbers of either sign.
  Result<std::vector<std::int64_t>> integers(std::string_view key) const;

 private:
  Result<const Entry*> require(std::string_view key) const;
  Result<const Entry*> require_array(std::string_view key) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::size_t> index_;
};

// A value as people read it, arrays cut after a few elements.
std::string describe(const Entry& entry, std::size_t limit = 60);

// Writes keys in the file's own form. Owns the bytes; views into it live until the next put.
class MetadataBytes {
 public:
  void put(std::string_view key, std::uint32_t value);
  void put(std::string_view key, std::uint64_t value);
  void put(std::string_view key, float value);
  void put(std::string_view key, bool value);
  void put(std::string_view key, std::string_view value);
  void put(std::string_view key, const char* value) { put(key, std::string_view(value)); }
  void put_u16(std::string_view key, std::uint16_t value);
  void put_i32(std::string_view key, std::int32_t value);
  void put_array(std::string_view key, std::span<const std::int32_t> values);
  void put_array(std::string_view key, std::span<const std::uint32_t> values);
  void put_array(std::string_view key, std::span<const float> values);
  void put_array(std::string_view key, std::span<const std::string_view> values);
  // A key of another file, as it stands there.
  void put(const Entry& entry);

  std::uint64_t count() const { return count_; }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(bytes_)); }

 private:
  void head(std::string_view key, ValueType type);
  void array_head(std::string_view key, ValueType element, std::uint64_t count);
  template <class T>
  void raw(T value);
  void text(std::string_view value);

  std::string bytes_;
  std::uint64_t count_ = 0;
};

}  // namespace ds4::gguf
