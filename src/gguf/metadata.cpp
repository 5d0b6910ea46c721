#include "gguf/metadata.h"

#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "base/utf8.h"

namespace ds4::gguf {

namespace {

constexpr std::size_t kArrayHeadBytes = 12;  // u32 element type, u64 count

struct Scalar {
  bool is_integer = false;
  bool is_real = false;
  bool negative = false;
  std::uint64_t magnitude = 0;  // of an integer
  double real = 0;
};

template <class T>
Scalar scalar_of(T value) {
  Scalar out;
  out.real = static_cast<double>(value);
  if constexpr (std::is_floating_point_v<T>) {
    out.is_real = true;
  } else {
    out.is_integer = true;
    out.negative = value < T{0};
    out.magnitude = out.negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                                 : static_cast<std::uint64_t>(value);
  }
  return out;
}

Scalar read_scalar(ValueType type, const std::byte* at) {
  switch (type) {
    case ValueType::u8:
      return scalar_of(load<std::uint8_t>(at));
    case ValueType::i8:
      return scalar_of(load<std::int8_t>(at));
    case ValueType::u16:
      return scalar_of(load<std::uint16_t>(at));
    case ValueType::i16:
      return scalar_of(load<std::int16_t>(at));
    case ValueType::u32:
      return scalar_of(load<std::uint32_t>(at));
    case ValueType::i32:
      return scalar_of(load<std::int32_t>(at));
    case ValueType::u64:
      return scalar_of(load<std::uint64_t>(at));
    case ValueType::i64:
      return scalar_of(load<std::int64_t>(at));
    case ValueType::f32:
      return scalar_of(load<float>(at));
    case ValueType::f64:
      return scalar_of(load<double>(at));
    default:
      return {};
  }
}

std::string type_name(const Entry& entry) {
  if (entry.type != ValueType::array) return std::string(name_of(entry.type));
  return "array of " + std::string(name_of(entry.element_type()));
}

Error wrong_kind(const Entry& entry, std::string_view expected) {
  return fail(Code::bad_file, "metadata key ", entry.key, " has type ", type_name(entry),
              ", expected ", expected);
}

// Calls `take(scalar)` for every element; stops at the first that it refuses.
template <class Take>
bool each_scalar(const Entry& entry, const Take& take) {
  const ValueType type = entry.element_type();
  const std::size_t bytes = scalar_bytes(type);
  if (bytes == 0 || type == ValueType::boolean) return entry.element_count() == 0;
  const std::byte* at = entry.value.data() + kArrayHeadBytes;
  for (std::uint64_t i = 0; i < entry.element_count(); ++i, at += bytes) {
    if (!take(read_scalar(type, at))) return false;
  }
  return true;
}

std::string_view string_at(const std::byte* at) {
  return {reinterpret_cast<const char*>(at + 8), load<std::uint64_t>(at)};
}

}  // namespace

std::string_view name_of(ValueType type) {
  constexpr std::string_view kNames[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                         "bool", "string", "array", "u64", "i64", "f64"};
  const auto id = static_cast<std::uint32_t>(type);
  return id < std::size(kNames) ? kNames[id] : "unknown";
}

std::size_t scalar_bytes(ValueType type) {
  constexpr std::uint8_t kBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  const auto id = static_cast<std::uint32_t>(type);
  return id < std::size(kBytes) ? kBytes[id] : 0;
}

ValueType Entry::element_type() const {
  CHECK(type == ValueType::array);
  return static_cast<ValueType>(load<std::uint32_t>(value.data()));
}

std::uint64_t Entry::element_count() const {
  CHECK(type == ValueType::array);
  return load<std::uint64_t>(value.data() + 4);
}

void Metadata::add(Entry entry) {
  index_.emplace(entry.key, entries_.size());
  entries_.push_back(entry);
}

const Entry* Metadata::find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

Result<const Entry*> Metadata::require(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry == nullptr) {
    return fail(Code::bad_file, "required metadata key is missing: ", key);
  }
  return entry;
}

Result<const Entry*> Metadata::require_array(std::string_view key) const {
  TRY(const Entry* entry, require(key));
  if (entry->type != ValueType::array) return wrong_kind(*entry, "array");
  return entry;
}

Result<std::uint64_t> Metadata::count(std::string_view key) const {
  TRY(const Entry* entry, require(key));
  const Scalar scalar = read_scalar(entry->type, entry->value.data());
  if (!scalar.is_integer) return wrong_kind(*entry, "integer");
  if (scalar.negative) return fail(Code::bad_file, "metadata key ", key, " is negative");
  return scalar.magnitude;
}

Result<double> Metadata::real(std::string_view key) const {
  TRY(const Entry* entry, require(key));
  const Scalar scalar = read_scalar(entry->type, entry->value.data());
  if (!scalar.is_integer && !scalar.is_real) return wrong_kind(*entry, "number");
  return scalar.real;
}

Result<bool> Metadata::flag(std::string_view key) const {
  TRY(const Entry* entry, require(key));
  if (entry->type != ValueType::boolean) return wrong_kind(*entry, "bool");
  return entry->value[0] != std::byte{0};
}

Result<std::string_view> Metadata::text(std::string_view key) const {
  TRY(const Entry* entry, require(key));
  if (entry->type != ValueType::string) return wrong_kind(*entry, "string");
  return string_at(entry->value.data());
}

Result<std::vector<std::uint64_t>> Metadata::counts(std::string_view key) const {
  TRY(const Entry* entry, require_array(key));
  std::vector<std::uint64_t> out;
  const bool ok = each_scalar(*entry, [&](const Scalar& scalar) {
    out.push_back(scalar.magnitude);
    return scalar.is_integer && !scalar.negative;
  });
  if (!ok) return wrong_kind(*entry, "array of non-negative integers");
  return out;
}

Result<std::vector<std::int64_t>> Metadata::integers(std::string_view key) const {
  TRY(const Entry* entry, require_array(key));
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::vector<std::int64_t> out;
  const bool ok = each_scalar(*entry, [&](const Scalar& scalar) {
    if (!scalar.is_integer || scalar.magnitude > kLargest) return false;
    const auto magnitude = static_cast<std::int64_t>(scalar.magnitude);
    out.push_back(scalar.negative ? -magnitude : magnitude);
    return true;
  });
  if (!ok) return wrong_kind(*entry, "array of integers");
  return out;
}

Result<std::vector<double>> Metadata::reals(std::string_view key) const {
  TRY(const Entry* entry, require_array(key));
  std::vector<double> out;
  const bool ok = each_scalar(*entry, [&](const Scalar& scalar) {
    out.push_back(scalar.real);
    return true;
  });
  if (!ok) return wrong_kind(*entry, "array of numbers");
  return out;
}

Result<std::vector<std::string_view>> Metadata::texts(std::string_view key) const {
  TRY(const Entry* entry, require_array(key));
  if (entry->element_type() != ValueType::string) return wrong_kind(*entry, "array of strings");
  std::vector<std::string_view> out;
  out.reserve(static_cast<std::size_t>(entry->element_count()));
  const std::byte* at = entry->value.data() + kArrayHeadBytes;
  for (std::uint64_t i = 0; i < entry->element_count(); ++i) {
    out.push_back(string_at(at));
    at += 8 + out.back().size();
  }
  return out;
}

namespace {

std::string describe_scalar(ValueType type, const std::byte* at) {
  if (type == ValueType::boolean) return *at != std::byte{0} ? "true" : "false";
  const Scalar scalar = read_scalar(type, at);
  std::string out = scalar.negative ? "-" : "";
  // Printed as the width it was stored in, so that 1e-6 does not become 9.99999997e-07.
  if (type == ValueType::f32) {
    detail::append(out, load<float>(at));
  } else if (scalar.is_real) {
    detail::append(out, scalar.real);
  } else {
    detail::append(out, scalar.magnitude);
  }
  return out;
}

}  // namespace

std::string describe(const Entry& entry, std::size_t limit) {
  const std::byte* at = entry.value.data();
  if (entry.type == ValueType::string) return printable(string_at(at), limit);
  if (entry.type != ValueType::array) return describe_scalar(entry.type, at);

  const ValueType type = entry.element_type();
  std::string out = "[";
  at += kArrayHeadBytes;
  for (std::uint64_t i = 0; i < entry.element_count(); ++i) {
    if (out.size() >= limit || type == ValueType::array) {
      out += "...";
      break;
    }
    if (i > 0) out += ", ";
    if (type == ValueType::string) {
      out += printable(string_at(at), limit);
      at += 8 + string_at(at).size();
    } else {
      out += describe_scalar(type, at);
      at += scalar_bytes(type);
    }
  }
  out += "] (";
  detail::append(out, entry.element_count());
  return out + ")";
}

template <class T>
void MetadataBytes::raw(T value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void MetadataBytes::text(std::string_view value) {
  raw(static_cast<std::uint64_t>(value.size()));
  bytes_ += value;
}

void MetadataBytes::head(std::string_view key, ValueType type) {
  text(key);
  raw(static_cast<std::uint32_t>(type));
  ++count_;
}

void MetadataBytes::array_head(std::string_view key, ValueType element, std::uint64_t count) {
  head(key, ValueType::array);
  raw(static_cast<std::uint32_t>(element));
  raw(count);
}

void MetadataBytes::put(std::string_view key, std::uint32_t value) {
  head(key, ValueType::u32);
  raw(value);
}
void MetadataBytes::put(std::string_view key, std::uint64_t value) {
  head(key, ValueType::u64);
  raw(value);
}
void MetadataBytes::put(std::string_view key, float value) {
  head(key, ValueType::f32);
  raw(value);
}
void MetadataBytes::put(std::string_view key, bool value) {
  head(key, ValueType::boolean);
  raw(static_cast<std::uint8_t>(value));
}
void MetadataBytes::put(std::string_view key, std::string_view value) {
  head(key, ValueType::string);
  text(value);
}
void MetadataBytes::put_u16(std::string_view key, std::uint16_t value) {
  head(key, ValueType::u16);
  raw(value);
}
void MetadataBytes::put_i32(std::string_view key, std::int32_t value) {
  head(key, ValueType::i32);
  raw(value);
}
void MetadataBytes::put_array(std::string_view key, std::span<const std::int32_t> values) {
  array_head(key, ValueType::i32, values.size());
  for (const auto value : values) raw(value);
}
void MetadataBytes::put_array(std::string_view key, std::span<const std::uint32_t> values) {
  array_head(key, ValueType::u32, values.size());
  for (const auto value : values) raw(value);
}
void MetadataBytes::put_array(std::string_view key, std::span<const float> values) {
  array_head(key, ValueType::f32, values.size());
  for (const auto value : values) raw(value);
}
void MetadataBytes::put_array(std::string_view key, std::span<const std::string_view> values) {
  array_head(key, ValueType::string, values.size());
  for (const auto value : values) text(value);
}
void MetadataBytes::put(const Entry& entry) {
  head(entry.key, entry.type);
  bytes_.append(reinterpret_cast<const char*>(entry.value.data()), entry.value.size());
}

}  // namespace ds4::gguf
