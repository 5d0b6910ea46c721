#include "gguf/container.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/bytes.h"
#include "base/utf8.h"

namespace ds4::gguf {

namespace {

constexpr std::uint64_t kCountMax = 65536;  // of keys, and of tensors
constexpr std::size_t kKeyBytesMax = 65535;
constexpr int kArrayDepthMax = 8;
constexpr std::uint64_t kElementsMax = std::uint64_t{1} << 48;
constexpr std::uint32_t kAlignmentMin = 8;
constexpr std::uint32_t kAlignmentMax = 65536;

std::string hex_byte(std::uint8_t value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  return {kHex[value >> 4], kHex[value & 15]};
}

// What a file that is no GGUF seems to be instead, so that the reader knows what to do.
std::string_view guess_at(std::string_view start) {
  const auto begins = [&](std::string_view with) { return start.substr(0, with.size()) == with; };
  if (begins("version https://git-lfs")) {
    return "; it is a Git LFS pointer: fetch the real file with `git lfs pull`";
  }
  if (begins("<!DOCTYPE") || begins("<!doctype") || begins("<html") || begins("<HTML")) {
    return "; it is a web page, probably an error page saved by the download: get the file again";
  }
  if (start.size() > 8 && start[8] == '{') {
    return "; it looks like a safetensors file: `ds4-gguf convert` makes a GGUF from a checkpoint";
  }
  if (begins("PK\x03\x04")) return "; it looks like a zip archive or a PyTorch checkpoint";
  if (begins("{")) return "; it looks like JSON text";
  if (start.find_first_not_of('\0') == std::string_view::npos) {
    return "; it begins with zeros: the download did not complete";
  }
  return "";
}

std::size_t least_element_bytes(ValueType type) {
  if (type == ValueType::string) return 8;
  if (type == ValueType::array) return 12;
  return scalar_bytes(type);
}

class Parser {
 public:
  explicit Parser(std::span<const std::byte> file) : in_(file), size_(file.size()) {}

  Result<Container> run() {
    TRY_DO(read_header());
    TRY_DO(read_metadata());
    TRY_DO(check_tensor_count());
    TRY_DO(read_alignment());
    TRY_DO(read_directory());
    TRY_DO(check_extents());
    return std::move(out_);
  }

  Result<Metadata> run_metadata(std::uint64_t count) {
    key_count_ = count;
    TRY_DO(read_metadata());
    return std::move(out_.metadata);
  }

 private:
  Result<void> read_header() {
    if (size_ < kHeaderBytes) {
      return fail(Code::bad_file, "file is too small to be GGUF (", size_, " bytes)");
    }
    ByteReader peek = in_;
    const auto magic = *peek.take(4);
    if (*in_.read<std::uint32_t>() != kMagic) {
      std::string bytes;
      for (const std::byte b : magic) bytes += ' ' + hex_byte(static_cast<std::uint8_t>(b));
      ByteReader start(std::span(magic.data(), std::min<std::size_t>(size_, 64)));
      return fail(Code::bad_file, "not a GGUF file (magic", bytes, ")",
                  guess_at(*start.take_text(start.remaining())));
    }
    const std::uint32_t version = *in_.read<std::uint32_t>();
    if (version == 0x03000000) return fail(Code::unsupported, "big-endian GGUF is not supported");
    if (version != kVersion) {
      return fail(Code::unsupported, "unsupported GGUF version ", version, " (only 3)");
    }
    tensor_count_ = *in_.read<std::uint64_t>();
    key_count_ = *in_.read<std::uint64_t>();
    if (key_count_ > kCountMax || tensor_count_ > kCountMax ||
        key_count_ * 13 + tensor_count_ * 33 > size_) {
      return fail(Code::bad_file, "absurd header counts (kv=", key_count_,
                  ", tensors=", tensor_count_, ")");
    }
    return {};
  }

  Error truncated_metadata(std::string_view key) const {
    return fail(Code::bad_file, "truncated metadata at byte ", in_.position(), " (key '",
                printable(key), "')");
  }

  Result<void> read_metadata() {
    for (std::uint64_t i = 0; i < key_count_; ++i) {
      const std::size_t at = in_.position();
      const auto bytes = in_.read<std::uint64_t>();
      if (!bytes) return truncated_metadata("");
      if (*bytes == 0 || *bytes > kKeyBytesMax) {
        return fail(Code::bad_file, "bad metadata key at byte ", at);
      }
      const auto key = in_.take_text(*bytes);
      if (!key) return truncated_metadata("");
      if (!is_valid_utf8(*key)) return fail(Code::bad_file, "bad metadata key at byte ", at);
      const auto type = in_.read<std::uint32_t>();
      if (!type) return truncated_metadata(*key);

      const std::size_t start = in_.position();
      ByteReader whole = in_;
      TRY_DO(skip_value(*key, static_cast<ValueType>(*type), 0));
      const auto value = *whole.take(in_.position() - start);
      if (out_.metadata.has(*key)) {
        return fail(Code::bad_file, "duplicate metadata key '", printable(*key), "'");
      }
      out_.metadata.add({*key, static_cast<ValueType>(*type), value});
    }
    return {};
  }

  // A vocabulary has no tensors, nor need every part of a split model.
  Result<void> check_tensor_count() const {
    const bool is_vocabulary = text_is("general.type", "vocab");
    const Entry* split = out_.metadata.find("split.count");
    if (tensor_count_ == 0 && !is_vocabulary && split == nullptr) {
      return fail(Code::bad_file, "file contains no tensors");
    }
    return {};
  }

  bool text_is(std::string_view key, std::string_view wanted) const {
    const auto text = out_.metadata.text(key);
    return text.ok() && *text == wanted;
  }

  Error beyond_end(std::string_view key, std::uint64_t count) const {
    return fail(Code::bad_file, "metadata key '", printable(key), "' claims ", count,
                " elements beyond end of file");
  }

  // Moves past a value, having checked every length and count in it.
  Result<void> skip_value(std::string_view key, ValueType type, int depth) {
    if (type == ValueType::string) {
      const auto bytes = in_.read<std::uint64_t>();
      if (!bytes) return truncated_metadata(key);
      if (!in_.take(*bytes)) return beyond_end(key, *bytes);
      return {};
    }
    if (type == ValueType::array) return skip_array(key, depth);
    const std::size_t bytes = scalar_bytes(type);
    if (bytes == 0) {
      return fail(Code::bad_file, "metadata key '", printable(key), "' has unknown type ",
                  static_cast<std::uint32_t>(type));
    }
    const auto value = in_.take(bytes);
    if (!value) return truncated_metadata(key);
    if (type == ValueType::boolean) return check_booleans(key, *value);
    return {};
  }

  Result<void> skip_array(std::string_view key, int depth) {
    if (depth >= kArrayDepthMax) {
      return fail(Code::bad_file, "metadata key '", printable(key),
                  "' has unknown type: arrays nested deeper than ", kArrayDepthMax, " levels");
    }
    const auto type = in_.read<std::uint32_t>();
    const auto count = type ? in_.read<std::uint64_t>() : std::nullopt;
    if (!count) return truncated_metadata(key);
    const auto element = static_cast<ValueType>(*type);
    const std::size_t least = least_element_bytes(element);
    if (least == 0) {
      return fail(Code::bad_file, "metadata key '", printable(key), "' has unknown type ", *type,
                  " in its array");
    }
    if (*count > in_.remaining() / least) return beyond_end(key, *count);
    if (element != ValueType::string && element != ValueType::array) {
      const auto values = *in_.take(*count * least);
      if (element == ValueType::boolean) return check_booleans(key, values);
      return {};
    }
    for (std::uint64_t i = 0; i < *count; ++i) {
      TRY_DO(skip_value(key, element, depth + 1));
    }
    return {};
  }

  Result<void> check_booleans(std::string_view key, std::span<const std::byte> values) {
    for (const std::byte value : values) {
      if (value > std::byte{1}) {
        return fail(Code::bad_file, "metadata key '", printable(key), "' holds a bool of value ",
                    static_cast<unsigned>(value), " (only 0 and 1)");
      }
    }
    return {};
  }

  Result<void> read_alignment() {
    if (out_.metadata.has("general.alignment")) {
      TRY(const std::uint64_t alignment, out_.metadata.count("general.alignment"));
      if (!std::has_single_bit(alignment) || alignment < kAlignmentMin ||
          alignment > kAlignmentMax) {
        return fail(Code::bad_file, "bad general.alignment ", alignment,
                    " (must be a power of two from 8 to 65536)");
      }
      out_.alignment = static_cast<std::uint32_t>(alignment);
    }
    return {};
  }

  Result<void> read_directory() {
    std::unordered_set<std::string_view> names;
    names.reserve(tensor_count_);
    out_.tensors.reserve(tensor_count_);
    for (std::uint64_t i = 0; i < tensor_count_; ++i) {
      TRY(Tensor tensor, read_entry(i));
      if (!names.insert(tensor.name).second) {
        return fail(Code::bad_file, "duplicate tensor '", printable(tensor.name), "'");
      }
      out_.tensors.push_back(tensor);
    }
    out_.data_start = align_up(in_.position(), out_.alignment);
    return {};
  }

  Error truncated_directory(std::uint64_t entry) const {
    return fail(Code::bad_file, "truncated tensor directory at entry ", entry);
  }

  Result<Tensor> read_entry(std::uint64_t entry) {
    Tensor tensor;
    const auto bytes = in_.read<std::uint64_t>();
    if (!bytes) return truncated_directory(entry);
    if (*bytes == 0 || *bytes > kTensorNameBytesMax) {
      return fail(Code::bad_file, "bad tensor name at directory entry ", entry, " (", *bytes,
                  " bytes; allowed are 1 to ", kTensorNameBytesMax, ")");
    }
    const auto name = in_.take_text(*bytes);
    const auto rank = name ? in_.read<std::uint32_t>() : std::nullopt;
    if (!rank) return truncated_directory(entry);
    tensor.name = *name;
    const std::string shown = printable(*name);
    if (*rank < 1 || *rank > 4) {
      return fail(Code::bad_file, "tensor '", shown, "' has ", *rank, " dimensions (1 to 4)");
    }
    tensor.rank = *rank;
    for (std::uint32_t d = 0; d < tensor.rank; ++d) {
      const auto size = in_.read<std::uint64_t>();
      if (!size) return truncated_directory(entry);
      tensor.dims[d] = *size;
    }
    const auto type = in_.read<std::uint32_t>();
    const auto offset = type ? in_.read<std::uint64_t>() : std::nullopt;
    if (!offset) return truncated_directory(entry);
    tensor.offset = *offset;  // from data_start until check_extents

    std::uint64_t elements = 1;
    for (const std::uint64_t size : tensor.dims) {
      if (size == 0 || size > kElementsMax / elements) {
        return fail(Code::bad_file, "tensor '", shown, "' has an invalid shape ",
                    describe_dims(tensor));
      }
      elements *= size;
    }
    const quant::TypeInfo* format = quant::find_type(*type);
    if (format == nullptr) {
      return fail(Code::bad_file, "tensor '", shown, "' has unknown type ", *type);
    }
    tensor.type = format->type;
    if (tensor.dims[0] % format->block_elements != 0) {
      return fail(Code::bad_file, "tensor '", shown, "': row of ", tensor.dims[0],
                  " values is not a multiple of ", format->block_elements, " (", format->name, ")");
    }
    tensor.bytes = elements / format->block_elements * format->block_bytes;
    return tensor;
  }

  Result<void> check_extents() {
    const Tensor* last = nullptr;
    std::uint64_t end = 0;
    for (Tensor& tensor : out_.tensors) {
      if (tensor.offset % out_.alignment != 0) {
        return fail(Code::bad_file, "tensor '", printable(tensor.name), "' offset ", tensor.offset,
                    " is not ", out_.alignment, "-byte aligned");
      }
      // Neither sum below can wrap: the directory lies in the file, and bytes are under 2^51.
      constexpr std::uint64_t kOffsetMax = std::numeric_limits<std::uint64_t>::max() / 2;
      if (tensor.offset > kOffsetMax - out_.data_start - tensor.bytes) {
        return fail(Code::bad_file, "truncated file: tensor '", printable(tensor.name),
                    "' claims offset ", tensor.offset, ", file has ", size_, " bytes");
      }
      tensor.offset += out_.data_start;
      if (tensor.offset + tensor.bytes > end) {
        end = tensor.offset + tensor.bytes;
        last = &tensor;
      }
    }
    if (last != nullptr && end > size_) {
      return fail(Code::bad_file, "truncated file: tensor '", printable(last->name),
                  "' ends at byte ", end, ", file has ", size_, " (missing ", end - size_,
                  " bytes; incomplete download?)");
    }
    TRY_DO(check_overlaps());
    const std::uint64_t padded_end = align_up(end, out_.alignment);
    out_.trailing_bytes = last != nullptr && size_ > padded_end ? size_ - padded_end : 0;
    return {};
  }

  Result<void> check_overlaps() const {
    std::vector<std::uint32_t> order(out_.tensors.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return out_.tensors[a].offset < out_.tensors[b].offset;
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const Tensor& low = out_.tensors[order[i - 1]];
      const Tensor& high = out_.tensors[order[i]];
      if (low.offset + low.bytes > high.offset) {
        return fail(Code::bad_file, "tensors '", printable(low.name), "' and '",
                    printable(high.name), "' overlap");
      }
    }
    return {};
  }

  ByteReader in_;
  std::uint64_t size_;
  std::uint64_t tensor_count_ = 0;
  std::uint64_t key_count_ = 0;
  Container out_;
};

}  // namespace

Result<Container> parse_container(std::span<const std::byte> file) {
  return Parser(file).run();
}

Result<Metadata> parse_metadata(std::span<const std::byte> bytes, std::uint64_t count) {
  return Parser(bytes).run_metadata(count);
}

std::string describe_dims(const Tensor& tensor) {
  std::string out = "[";
  for (std::uint32_t d = 0; d < tensor.rank; ++d) {
    if (d > 0) out += ", ";
    detail::append(out, tensor.dims[d]);
  }
  return out + "]";
}

}  // namespace ds4::gguf
