#include "convert/importance.h"

#include <cmath>
#include <filesystem>

#include "base/bytes.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "gguf/file.h"

namespace ds4::convert {

namespace {

constexpr std::int32_t kNameBytesMax = 4096;
constexpr std::string_view kSums = ".in_sum2";
constexpr std::string_view kCounts = ".counts";

}  // namespace

Result<Importance> Importance::open(const std::string& path) {
  Importance out;
  out.path_ = path;
  Result<void> read;
  {
    TRY(const MappedFile file, MappedFile::open(path));
    ByteReader in(file.bytes());
    if (in.read<std::uint32_t>() != gguf::kMagic) {
      read = out.read_list(file.bytes());
      if (!read.ok()) return fail(read.error().code, path, ": ", read.error().message);
      return out;
    }
  }
  read = out.read_gguf(path);
  if (!read.ok()) return fail(read.error().code, path, ": ", read.error().message);
  return out;
}

Result<void> Importance::read_list(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  const auto truncated = [&](std::int32_t entry) {
    return fail(Code::bad_file, "not an importance file, or truncated (entry ", entry, " at byte ",
                in.position(), ")");
  };
  const auto count = in.read<std::int32_t>();
  if (!count || *count < 1) return truncated(0);
  for (std::int32_t entry = 0; entry < *count; ++entry) {
    const auto name_bytes = in.read<std::int32_t>();
    if (!name_bytes || *name_bytes < 1 || *name_bytes > kNameBytesMax) return truncated(entry);
    const auto name = in.take_text(static_cast<std::uint64_t>(*name_bytes));
    const auto calls = name ? in.read<std::int32_t>() : std::nullopt;
    const auto size = calls ? in.read<std::int32_t>() : std::nullopt;
    if (!size || *size < 1) return truncated(entry);
    const auto raw = in.take(4 * static_cast<std::uint64_t>(*size));
    if (!raw) return truncated(entry);
    std::vector<float> values(static_cast<std::size_t>(*size));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = load<float>(raw->data() + 4 * i);
      if (*calls > 0) values[i] /= static_cast<float>(*calls);
      if (!std::isfinite(values[i]) || values[i] < 0) {
        return fail(Code::bad_file, "entry '", printable(*name),
                    "' has a value that is no weight (", values[i], " at ", i, ")");
      }
    }
    values_[std::string(*name)] = std::move(values);
  }
  // The trailer is optional.
  if (const auto chunks = in.read<std::int32_t>(); chunks && *chunks > 0) {
    chunks_ = static_cast<std::uint64_t>(*chunks);
    if (const auto size = in.read<std::int32_t>(); size && *size > 0) {
      if (const auto name = in.take_text(static_cast<std::uint64_t>(*size))) dataset_ = *name;
    }
  }
  return {};
}

Result<void> Importance::read_gguf(const std::string& path) {
  TRY(const gguf::File file, gguf::File::open(path, "importance matrix"));
  TRY(const std::string_view type, file.metadata().text("general.type"));
  if (type != "imatrix") {
    return fail(Code::bad_file, "general.type is '", printable(type), "', expected imatrix");
  }
  if (file.metadata().has("imatrix.chunk_count")) {
    TRY(chunks_, file.metadata().count("imatrix.chunk_count"));
  }
  if (file.metadata().has("imatrix.datasets")) {
    TRY(const auto names, file.metadata().texts("imatrix.datasets"));
    if (!names.empty()) dataset_ = names.front();
  }
  for (const gguf::Tensor& sums : file.tensors()) {
    if (!sums.name.ends_with(kSums)) continue;
    const std::string name(sums.name.substr(0, sums.name.size() - kSums.size()));
    const gguf::Tensor* counts = file.find(name + std::string(kCounts));
    if (counts == nullptr || sums.type != quant::Type::f32 || counts->type != quant::Type::f32 ||
        counts->elements() != sums.rows()) {
      return fail(Code::bad_file, "tensor '", printable(sums.name), "' has no matching counts");
    }
    const std::byte* sum_data = file.data(sums).data();
    const std::byte* count_data = file.data(*counts).data();
    std::vector<float> values(sums.elements());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float count = load<float>(count_data + 4 * (i / sums.dims[0]));
      const float sum = load<float>(sum_data + 4 * i);
      // An expert that was never chosen says nothing about its columns: all count alike.
      values[i] = count > 0 ? sum / count : 1.0f;
      if (!std::isfinite(values[i]) || values[i] < 0) {
        return fail(Code::bad_file, "tensor '", printable(sums.name),
                    "' has a value that is no weight");
      }
    }
    values_[name] = std::move(values);
  }
  if (values_.empty()) return fail(Code::bad_file, "the file holds no importance");
  return {};
}

Result<std::span<const float>> Importance::find(const std::string& tensor,
                                                const std::string& official, std::uint64_t expert,
                                                std::uint64_t columns,
                                                std::uint64_t experts) const {
  const std::string number = std::to_string(expert);
  for (const std::string& name :
       {tensor + ".expert." + number, tensor + ".expert_" + number, official, tensor}) {
    const auto found = values_.find(name);
    if (found == values_.end()) continue;
    const std::vector<float>& values = found->second;
    if (values.size() == columns) return std::span<const float>(values);
    if (values.size() == columns * experts) {
      return std::span<const float>(values).subspan(expert * columns, columns);
    }
    return fail(Code::bad_file, path_, ": entry ", name, " holds ", values.size(),
                " values, expected ", columns, " or ", columns * experts);
  }
  return std::span<const float>();
}

void Importance::put_keys(gguf::MetadataBytes& keys) const {
  keys.put("quantize.imatrix.file", std::filesystem::path(path_).filename().string());
  if (!dataset_.empty()) keys.put("quantize.imatrix.dataset", dataset_);
  keys.put("quantize.imatrix.entries_count", static_cast<std::uint64_t>(values_.size()));
  if (chunks_ > 0) keys.put("quantize.imatrix.chunks_count", chunks_);
}

}  // namespace ds4::convert
