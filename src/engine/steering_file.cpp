#include "engine/steering_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/utf8.h"
#include "gguf/file.h"
#include "gguf/writer.h"

namespace ds4::engine {

namespace {

constexpr std::string_view kArchitecture = "steering";
constexpr std::string_view kPrefix = "direction.";

Result<std::uint32_t> layer_of(const gguf::Tensor& tensor, const model::Shape& shape) {
  const std::string_view name = tensor.name;
  const std::string_view digits = name.substr(std::min(name.size(), kPrefix.size()));
  std::uint32_t layer = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  if (!name.starts_with(kPrefix) || error != std::errc() || end != digits.data() + digits.size()) {
    return fail(Code::bad_file, "tensor '", printable(name), "' is no direction.LAYER");
  }
  if (layer >= shape.layers) {
    return fail(Code::unsupported, "tensor '", printable(name),
                "' is of a model with more layers; "
                "this one has ",
                shape.layers);
  }
  if (tensor.type != quant::Type::f32 || tensor.rank != 1 || tensor.dims[0] != shape.width) {
    return fail(Code::unsupported, "tensor '", printable(name), "' is ",
                quant::info(tensor.type).name, " ", gguf::describe_dims(tensor),
                "; this model takes f32 [", shape.width, "]");
  }
  return layer;
}

Result<model::Steering> read(const gguf::File& file, const model::Shape& shape) {
  TRY(const std::string_view name, file.metadata().text("general.architecture"));
  if (name != kArchitecture) {
    return fail(Code::bad_file, "architecture '", printable(name), "' is not a steering direction");
  }
  model::Steering steering;
  steering.directions.assign(std::size_t{shape.layers} * shape.width, 0.0f);
  if (file.tensors().empty()) return fail(Code::bad_file, "names no layer to steer");
  for (const gguf::Tensor& tensor : file.tensors()) {
    TRY(const std::uint32_t layer, layer_of(tensor, shape));
    float* to = steering.directions.data() + std::size_t{layer} * shape.width;
    std::memcpy(to, file.data(tensor).data(), shape.width * sizeof(float));
    if (!std::all_of(to, to + shape.width, [](float v) { return std::isfinite(v); })) {
      return fail(Code::bad_file, "tensor '", printable(tensor.name),
                  "' holds a number that is not finite");
    }
  }
  return steering;
}

}  // namespace

Result<void> check_steering_scale(float scale) {
  if (scale >= -kSteeringScaleMax && scale <= kSteeringScaleMax) return {};
  return fail(Code::bad_argument, "a steering strength of ", scale, " is not between ",
              -kSteeringScaleMax, " and ", kSteeringScaleMax);
}

Result<model::Steering> read_steering(const std::string& path, const model::Shape& shape) {
  TRY(const gguf::File file, gguf::File::open(path, "direction file"));
  auto steering = read(file, shape);
  if (!steering.ok()) return fail(steering.error().code, path, ": ", steering.error().message);
  return steering;
}

Result<void> write_steering(const std::string& path, const model::Shape& shape,
                            const model::Steering& steering) {
  gguf::MetadataBytes keys;
  keys.put("general.architecture", kArchitecture);
  keys.put("steering.layer_count", shape.layers);
  keys.put("steering.width", shape.width);
  std::vector<gguf::TensorPlan> tensors;
  std::vector<const float*> values;
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    const float* direction = steering.directions.data() + std::size_t{layer} * shape.width;
    if (std::all_of(direction, direction + shape.width, [](float v) { return v == 0; })) continue;
    gguf::TensorPlan plan;
    plan.name = std::string(kPrefix) + std::to_string(layer);
    plan.dims[0] = shape.width;
    tensors.push_back(std::move(plan));
    values.push_back(direction);
  }
  TRY(gguf::Layout layout, gguf::plan_layout(keys, std::move(tensors)));
  TRY(gguf::Writer writer, gguf::Writer::create(path, std::move(layout)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    TRY_DO(writer.write(i, 0, std::as_bytes(std::span(values[i], shape.width))));
  }
  return writer.finish();
}

}  // namespace ds4::engine
