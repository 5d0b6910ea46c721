#include "convert/compare.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/bytes.h"
#include "base/parallel.h"
#include "model/inventory.h"
#include "model/shape.h"
#include "quant/codec.h"

namespace ds4::convert {

namespace {

constexpr std::uint64_t kItemWeights = 1 << 21;

bool readable(quant::Type type) {
  return type == quant::Type::i32 || quant::has_codec(type);
}

bool comparable(const gguf::Tensor& a, const gguf::Tensor& b) {
  return a.dims == b.dims && readable(a.type) && readable(b.type);
}

void read_row(const gguf::Tensor& tensor, const std::byte* row, std::vector<float>& out) {
  if (tensor.type != quant::Type::i32) {
    quant::decode_row(tensor.type, row, out.data(), out.size());
    return;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<float>(load<std::int32_t>(row + 4 * i));
  }
}

Difference compare_rows(const std::vector<float>& a, const std::vector<float>& b) {
  Difference d;
  d.count = a.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    d.largest = std::max(d.largest, std::abs(x - y));
    d.square_error += (x - y) * (x - y);
    d.square_a += x * x;
    d.square_b += y * y;
    d.product += x * y;
  }
  return d;
}

// What each tensor is for, if the file is a model we know.
std::unordered_map<std::string, std::string> kinds_of(const gguf::File& file) {
  std::unordered_map<std::string, std::string> out;
  const auto shape = model::read_shape(file.metadata());
  if (!shape.ok()) return out;
  for (const auto& spec : model::main_tensors(*shape)) {
    out[spec.name] = std::string(model::name_of(spec.role));
  }
  for (const auto& spec : model::mtp_tensors(*shape)) out[spec.name] = "MTP block";
  return out;
}

}  // namespace

void Difference::add(const Difference& other) {
  count += other.count;
  largest = std::max(largest, other.largest);
  square_error += other.square_error;
  square_a += other.square_a;
  square_b += other.square_b;
  product += other.product;
}

double Difference::rms() const {
  return count == 0 ? 0 : std::sqrt(square_error / static_cast<double>(count));
}

double Difference::relative_rms() const {
  if (square_error == 0) return 0;
  return square_a == 0 ? std::numeric_limits<double>::infinity()
                       : std::sqrt(square_error / square_a);
}

double Difference::cosine() const {
  if (square_a == 0 || square_b == 0) return square_a == square_b ? 1 : 0;
  return product / std::sqrt(square_a * square_b);
}

std::uint64_t comparable_weights(const gguf::File& a, const gguf::File& b) {
  std::uint64_t total = 0;
  for (const gguf::Tensor& tensor : a.tensors()) {
    const gguf::Tensor* other = b.find(tensor.name);
    if (other != nullptr && comparable(tensor, *other)) total += tensor.elements();
  }
  return total;
}

Result<Comparison> compare(const gguf::File& a, const gguf::File& b,
                           const CompareOptions& options) {
  struct Item {
    const gguf::Tensor *a, *b;
    std::size_t tensor;
    std::uint64_t first_row, rows;
  };
  Comparison out;
  std::vector<Item> items;
  const auto kinds = kinds_of(a);
  for (const gguf::Tensor& tensor : a.tensors()) {
    const gguf::Tensor* other = b.find(tensor.name);
    const std::string name(tensor.name);
    if (other == nullptr) {
      out.only_in_a.push_back(name);
      continue;
    }
    if (!comparable(tensor, *other)) {
      out.other_shape.push_back(name);
      continue;
    }
    const auto kind = kinds.find(name);
    out.tensors.push_back(
        {name, kind == kinds.end() ? "other" : kind->second, tensor.type, other->type, {}});
    const std::uint64_t step = std::max<std::uint64_t>(1, kItemWeights / tensor.dims[0]);
    for (std::uint64_t row = 0; row < tensor.rows(); row += step) {
      items.push_back(
          {&tensor, other, out.tensors.size() - 1, row, std::min(step, tensor.rows() - row)});
    }
  }
  for (const gguf::Tensor& tensor : b.tensors()) {
    if (a.find(tensor.name) == nullptr) out.only_in_b.emplace_back(tensor.name);
  }

  // Each item sums for itself; the sums are joined in order, so threads do not change them.
  std::vector<Difference> partial(items.size());
  const ParallelOptions parallel{.threads = options.threads, .cancel = options.cancel};
  TRY_DO(for_each_item(items.size(), parallel, [&](std::size_t index, int) -> Result<void> {
    const Item& item = items[index];
    const std::uint64_t columns = item.a->dims[0];
    const std::uint64_t bytes_a = item.a->bytes / item.a->rows();
    const std::uint64_t bytes_b = item.b->bytes / item.b->rows();
    std::vector<float> row_a(columns), row_b(columns);
    for (std::uint64_t row = item.first_row; row < item.first_row + item.rows; ++row) {
      read_row(*item.a, a.data(*item.a).data() + row * bytes_a, row_a);
      read_row(*item.b, b.data(*item.b).data() + row * bytes_b, row_b);
      partial[index].add(compare_rows(row_a, row_b));
    }
    if (options.on_progress) options.on_progress(item.rows * columns);
    return {};
  }));
  for (std::size_t i = 0; i < items.size(); ++i) {
    out.tensors[items[i].tensor].difference.add(partial[i]);
  }
  return out;
}

}  // namespace ds4::convert
