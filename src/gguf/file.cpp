#include "gguf/file.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/utf8.h"

namespace ds4::gguf {

namespace {

constexpr std::string_view kSuffix = ".gguf";
constexpr std::size_t kDigits = 5;

std::string five_digits(std::uint32_t value) {
  std::string digits = std::to_string(value);
  return digits.size() < kDigits ? std::string(kDigits - digits.size(), '0') + digits : digits;
}

std::optional<std::uint32_t> read_five_digits(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error in_file(const std::string& path, const Error& error) {
  return fail(error.code, path, ": ", error.message);
}

}  // namespace

std::string SplitName::path_of(std::uint32_t part_number) const {
  return stem + "-" + five_digits(part_number) + "-of-" + five_digits(count) + std::string(kSuffix);
}

std::optional<SplitName> parse_split_name(std::string_view path) {
  // "-00001-of-00003.gguf"
  constexpr std::size_t kTail = 1 + kDigits + 4 + kDigits + kSuffix.size();
  if (path.size() <= kTail) return std::nullopt;
  const std::string_view tail = path.substr(path.size() - kTail);
  if (tail[0] != '-' || tail.substr(1 + kDigits, 4) != "-of-" ||
      tail.substr(tail.size() - kSuffix.size()) != kSuffix) {
    return std::nullopt;
  }
  const auto number = read_five_digits(tail.substr(1, kDigits));
  const auto count = read_five_digits(tail.substr(1 + kDigits + 4, kDigits));
  if (!number || !count || *number == 0 || *number > *count) return std::nullopt;
  return SplitName{std::string(path.substr(0, path.size() - kTail)), *number, *count};
}

Result<File::Part> File::open_part(const std::string& path, std::string_view what) {
  TRY(MappedFile map, MappedFile::open(path, what));
  auto container = parse_container(map.bytes());
  if (!container.ok()) return in_file(path, container.error());
  return Part{std::move(map), std::move(*container)};
}

Result<File> File::open(const std::string& path, std::string_view what) {
  File file;
  TRY(Part first, open_part(path, what));
  const Entry* split_count = first.container.metadata.find("split.count");
  const auto name = parse_split_name(path);
  std::uint64_t claimed = 1;
  if (split_count != nullptr) {
    auto count = first.container.metadata.count("split.count");
    if (!count.ok()) return in_file(path, count.error());
    claimed = *count;
  }
  file.parts_.push_back(std::move(first));

  if (name && name->count > 1) {
    TRY_DO(file.open_siblings(*name));
  } else if (claimed > 1) {
    return fail(Code::bad_file, path, ": is one of ", claimed,
                " parts of a split model, but is not named NAME-00001-of-",
                five_digits(static_cast<std::uint32_t>(std::min<std::uint64_t>(claimed, 99999))),
                ".gguf: give the parts their original names");
  }
  if (file.parts_.size() == 1 && file.parts_[0].container.tensors.empty() &&
      split_count != nullptr) {
    return fail(Code::bad_file, path, ": file contains no tensors");
  }
  TRY_DO(file.collect());
  return file;
}

Result<void> File::open_siblings(const SplitName& name) {
  Part opened = std::move(parts_.front());
  parts_.clear();
  for (std::uint32_t number = 1; number <= name.count; ++number) {
    if (number == name.number) {
      parts_.push_back(std::move(opened));
    } else {
      auto part = open_part(name.path_of(number), "model");
      if (!part.ok()) {
        return fail(part.error().code, part.error().message, " (part ", number, " of ", name.count,
                    " of a split model)");
      }
      parts_.push_back(std::move(*part));
    }
    TRY_DO(check_split_keys(number - 1, name.count));
  }
  return {};
}

Result<void> File::check_split_keys(std::uint32_t index, std::uint32_t count) const {
  const Part& part = parts_[index];
  const Metadata& keys = part.container.metadata;
  const auto expect = [&](std::string_view key, std::uint64_t expected) -> Result<void> {
    const auto value = keys.count(key);
    if (!value.ok()) return in_file(part.map.path(), value.error());
    if (*value == expected) return {};
    return fail(Code::bad_file, part.map.path(), ": ", key, " is ", *value, ", its name says ",
                expected);
  };
  TRY_DO(expect("split.no", index));
  TRY_DO(expect("split.count", count));
  const auto total = keys.count("split.tensors.count");
  if (!total.ok()) return in_file(part.map.path(), total.error());
  return {};
}

// One directory over all parts.
Result<void> File::collect() {
  for (std::uint32_t p = 0; p < parts_.size(); ++p) {
    for (Tensor tensor : parts_[p].container.tensors) {
      tensor.part = p;
      const auto [known, is_new] = index_.try_emplace(tensor.name, tensors_.size());
      if (!is_new) {
        return fail(Code::bad_file, parts_[p].map.path(), ": tensor '", printable(tensor.name),
                    "' is also in ", parts_[tensors_[known->second].part].map.path());
      }
      tensors_.push_back(tensor);
    }
  }
  if (parts_.size() == 1) return {};
  for (const Part& part : parts_) {
    const std::uint64_t claimed = *part.container.metadata.count("split.tensors.count");
    if (claimed != tensors_.size()) {
      return fail(Code::bad_file, part.map.path(), ": split.tensors.count is ", claimed,
                  ", all parts together hold ", tensors_.size());
    }
  }
  return {};
}

const Tensor* File::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

std::span<const std::byte> File::data(const Tensor& tensor) const {
  CHECK(tensor.part < parts_.size());
  return parts_[tensor.part].map.bytes().subspan(tensor.offset, tensor.bytes);
}

std::uint64_t File::size_bytes() const {
  std::uint64_t bytes = 0;
  for (const Part& part : parts_) bytes += part.map.bytes().size();
  return bytes;
}

}  // namespace ds4::gguf
