#include "gguf/safetensors.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>
#include <optional>

#include "base/bytes.h"
#include "base/json_file.h"
#include "base/utf8.h"

namespace ds4::gguf {

namespace {

constexpr std::uint64_t kHeaderBytesMax = 100'000'000;
constexpr std::size_t kDimensionsMax = 8;
constexpr std::string_view kIndexName = "model.safetensors.index.json";

struct TypeName {
  SafeType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr TypeName kTypes[] = {
    {SafeType::f64, "F64", 8},         {SafeType::f32, "F32", 4},
    {SafeType::f16, "F16", 2},         {SafeType::bf16, "BF16", 2},
    {SafeType::f8_e4m3, "F8_E4M3", 1}, {SafeType::f8_e8m0, "F8_E8M0", 1},
    {SafeType::i64, "I64", 8},         {SafeType::i32, "I32", 4},
    {SafeType::i16, "I16", 2},         {SafeType::i8, "I8", 1},
    {SafeType::u8, "U8", 1},           {SafeType::boolean, "BOOL", 1},
};

const TypeName& entry_of(SafeType type) {
  return *std::find_if(std::begin(kTypes), std::end(kTypes),
                       [&](const TypeName& entry) { return entry.type == type; });
}

std::optional<std::uint64_t> count_in(const Json& value) {
  const auto number = value.as_int();
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Result<SafeTensor> read_tensor(const std::string& name, const Json& entry,
                               std::span<const std::byte> data) {
  const auto bad = [&](const auto&... parts) {
    return fail(Code::bad_file, "tensor '", printable(name), "' ", parts...);
  };
  const Json* type = entry.find("dtype");
  const Json* shape = entry.find("shape");
  const Json* offsets = entry.find("data_offsets");
  if (type == nullptr || !type->is_string() || shape == nullptr || !shape->is_array() ||
      offsets == nullptr || !offsets->is_array() || offsets->as_array().size() != 2) {
    return bad("has no dtype, shape or data_offsets");
  }

  SafeTensor tensor;
  tensor.name = name;
  const auto* known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const TypeName& t) { return t.name == type->as_string(); });
  if (known == std::end(kTypes)) {
    return bad("has unknown dtype '", printable(type->as_string()), "'");
  }
  tensor.type = known->type;

  if (shape->as_array().size() > kDimensionsMax) return bad("has more than 8 dimensions");
  std::uint64_t bytes = known->bytes;
  for (const Json& size : shape->as_array()) {
    const auto value = count_in(size);
    // The product never wraps: it is bounded by the data, dimension by dimension.
    if (!value || (*value != 0 && bytes > std::numeric_limits<std::int64_t>::max() / *value)) {
      return bad("has an invalid shape");
    }
    bytes *= *value;
    tensor.shape.push_back(*value);
  }
  const auto begin = count_in(offsets->as_array()[0]);
  const auto end = count_in(offsets->as_array()[1]);
  if (!begin || !end || *begin > *end || *end > data.size()) {
    return bad("has data_offsets outside the file (data of ", data.size(),
               " bytes; incomplete download?)");
  }
  if (*end - *begin != bytes) {
    return bad("takes ", *end - *begin, " bytes, its shape needs ", bytes);
  }
  tensor.data = data.subspan(*begin, bytes);
  return tensor;
}

Result<void> check_overlaps(const std::vector<SafeTensor>& tensors) {
  std::vector<const SafeTensor*> order;
  for (const SafeTensor& tensor : tensors) {
    if (!tensor.data.empty()) order.push_back(&tensor);
  }
  std::sort(order.begin(), order.end(), [](const SafeTensor* a, const SafeTensor* b) {
    return a->data.data() < b->data.data();
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->data.data() + order[i - 1]->data.size() > order[i]->data.data()) {
      return fail(Code::bad_file, "tensors '", printable(order[i - 1]->name), "' and '",
                  printable(order[i]->name), "' overlap");
    }
  }
  return {};
}

// A shard named in an index must be a plain file name: the index may not point elsewhere.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of("/\\") == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

std::string_view name_of(SafeType type) {
  return entry_of(type).name;
}
std::size_t bytes_of(SafeType type) {
  return entry_of(type).bytes;
}

Result<std::vector<SafeTensor>> parse_safetensors(std::span<const std::byte> file) {
  ByteReader in(file);
  const auto header_bytes = in.read<std::uint64_t>();
  if (!header_bytes) {
    return fail(Code::bad_file, "file is too small to be safetensors (", file.size(), " bytes)");
  }
  if (*header_bytes > kHeaderBytesMax || *header_bytes > in.remaining()) {
    return fail(Code::bad_file, "not a safetensors file, or truncated (header of ", *header_bytes,
                " bytes in a file of ", file.size(), ")");
  }
  const std::string_view header = *in.take_text(*header_bytes);
  auto json = parse_json(header);
  if (!json.ok()) return fail(Code::bad_file, "safetensors header: ", json.error().message);
  if (!json->is_object()) return fail(Code::bad_file, "safetensors header is not a JSON object");

  const auto data = *in.take(in.remaining());
  std::vector<SafeTensor> tensors;
  for (const auto& [name, entry] : json->as_object()) {
    if (name == "__metadata__") continue;
    TRY(SafeTensor tensor, read_tensor(name, entry, data));
    tensors.push_back(std::move(tensor));
  }
  TRY_DO(check_overlaps(tensors));
  return tensors;
}

Result<void> Checkpoint::add_file(const std::string& path) {
  TRY(MappedFile file, MappedFile::open(path));
  auto tensors = parse_safetensors(file.bytes());
  if (!tensors.ok()) return fail(tensors.error().code, path, ": ", tensors.error().message);
  for (SafeTensor& tensor : *tensors) {
    if (!index_.try_emplace(tensor.name, tensors_.size()).second) {
      return fail(Code::bad_file, path, ": tensor '", printable(tensor.name),
                  "' is also in another shard");
    }
    tensors_.push_back(std::move(tensor));
  }
  files_.push_back(std::move(file));
  return {};
}

Result<Checkpoint> Checkpoint::open(const std::string& path) {
  namespace fs = std::filesystem;
  Checkpoint checkpoint;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    TRY_DO(checkpoint.add_file(path));
    return checkpoint;
  }

  const std::string index_path = (fs::path(path) / kIndexName).string();
  if (!fs::exists(index_path, error)) {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.path().extension() == ".safetensors") files.push_back(entry.path().string());
    }
    if (files.empty()) {
      return fail(Code::not_found, path, ": no *.safetensors file and no ", kIndexName,
                  " in this folder");
    }
    if (files.size() > 1) {
      return fail(Code::not_found, path, ": ", files.size(), " *.safetensors files but no ",
                  kIndexName, " that says which tensor is where");
    }
    TRY_DO(checkpoint.add_file(files.front()));
    return checkpoint;
  }

  TRY(const Json index, read_json_file(index_path));
  const Json* map = index.find("weight_map");
  if (map == nullptr || !map->is_object()) {
    return fail(Code::bad_file, index_path, ": no weight_map object");
  }
  std::vector<std::string> shards;
  for (const auto& [name, shard] : map->as_object()) {
    if (!shard.is_string() || !is_plain_name(shard.as_string())) {
      return fail(Code::bad_file, index_path, ": tensor '", printable(name),
                  "' names no file of this folder");
    }
    shards.push_back(shard.as_string());
  }
  std::sort(shards.begin(), shards.end());
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  for (const std::string& shard : shards) {
    TRY_DO(checkpoint.add_file((fs::path(path) / shard).string()));
  }
  for (const auto& [name, shard] : map->as_object()) {
    if (checkpoint.find(name) == nullptr) {
      return fail(Code::bad_file, index_path, ": tensor '", printable(name), "' is not in ",
                  printable(shard.as_string()), " (incomplete download?)");
    }
  }
  return checkpoint;
}

void Checkpoint::release(std::span<const std::byte> bytes) const {
  for (const MappedFile& file : files_) {
    const std::byte* begin = file.bytes().data();
    if (bytes.data() < begin || bytes.data() >= begin + file.bytes().size()) continue;
    file.advise(Access::done, static_cast<std::uint64_t>(bytes.data() - begin), bytes.size());
  }
}

const SafeTensor* Checkpoint::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace ds4::gguf
