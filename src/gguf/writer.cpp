#include "gguf/writer.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "base/mapped_file.h"
#include "base/utf8.h"

namespace ds4::gguf {

namespace {

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Result<void> check_plan(const TensorPlan& tensor, std::unordered_set<std::string>& names) {
  const auto bad = [&](const auto&... parts) {
    return fail(Code::bad_argument, "tensor '", printable(tensor.name), "' ", parts...);
  };
  if (tensor.name.empty() || tensor.name.size() > kWrittenNameBytesMax) {
    return bad("has a name of ", tensor.name.size(), " bytes (1 to ", kWrittenNameBytesMax, ")");
  }
  if (!names.insert(tensor.name).second) return bad("is there twice");
  if (tensor.rank < 1 || tensor.rank > 4) return bad("has ", tensor.rank, " dimensions (1 to 4)");
  const quant::TypeInfo& format = quant::info(tensor.type);
  if (tensor.dims[0] % format.block_elements != 0) {
    return bad("has rows of ", tensor.dims[0], ", no multiple of ", format.block_elements, " (",
               format.name, ")");
  }
  return {};
}

}  // namespace

Result<Layout> plan_layout(const MetadataBytes& keys, std::vector<TensorPlan> tensors,
                           std::uint32_t alignment) {
  Layout layout;
  layout.alignment = alignment;
  std::unordered_set<std::string> names;
  std::uint64_t offset = 0;  // from the start of the data
  for (TensorPlan& tensor : tensors) {
    TRY_DO(check_plan(tensor, names));
    tensor.offset = offset;
    tensor.bytes = quant::row_bytes(tensor.type, tensor.dims[0]) * tensor.dims[1] * tensor.dims[2] *
                   tensor.dims[3];
    offset += align_up(tensor.bytes, alignment);
  }

  std::string& header = layout.header;
  append(header, kMagic);
  append(header, kVersion);
  append(header, static_cast<std::uint64_t>(tensors.size()));
  append(header, keys.count());
  header.append(reinterpret_cast<const char*>(keys.bytes().data()), keys.bytes().size());
  for (const TensorPlan& tensor : tensors) {
    append(header, static_cast<std::uint64_t>(tensor.name.size()));
    header += tensor.name;
    append(header, tensor.rank);
    for (std::uint32_t d = 0; d < tensor.rank; ++d) append(header, tensor.dims[d]);
    append(header, static_cast<std::uint32_t>(tensor.type));
    append(header, tensor.offset);
  }
  if (!tensors.empty()) header.resize(align_up(header.size(), alignment), '\0');
  for (TensorPlan& tensor : tensors) tensor.offset += header.size();
  layout.file_bytes = header.size() + offset;
  layout.tensors = std::move(tensors);
  return layout;
}

Result<Writer> Writer::create(const std::string& path, Layout layout) {
  // The size is told in advance, so that a disk too small is refused before the work, not after.
  TRY(AtomicFile file, AtomicFile::create(path, layout.file_bytes));
  TRY_DO(file.write_at(0, std::as_bytes(std::span(layout.header))));
  // Its last byte gives the file its size: what is never written, paddings among it, reads as
  // zeros.
  if (layout.file_bytes > layout.header.size()) {
    const std::byte last{0};
    TRY_DO(file.write_at(layout.file_bytes - 1, {&last, 1}));
  }
  return Writer(std::move(file), std::move(layout));
}

Result<void> Writer::write(std::size_t tensor, std::uint64_t offset,
                           std::span<const std::byte> bytes) {
  CHECK(tensor < layout_.tensors.size());
  const TensorPlan& plan = layout_.tensors[tensor];
  CHECK(offset <= plan.bytes && bytes.size() <= plan.bytes - offset);
  return file_.write_at(plan.offset + offset, bytes);
}

Result<void> Writer::finish() {
  {
    // Our own reader has the last word on what we hand out.
    TRY(const MappedFile written, MappedFile::open(file_.temporary_path()));
    const auto container = parse_container(written.bytes());
    if (!container.ok()) {
      return fail(container.error().code, file_.path(),
                  ": the new file does not read back: ", container.error().message);
    }
  }
  return file_.commit();
}

}  // namespace ds4::gguf
