#include "convert/synth.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bytes.h"
#include "base/json_file.h"
#include "base/parallel.h"
#include "convert/model_keys.h"
#include "convert/random_blocks.h"
#include "convert/standin_vocabulary.h"

namespace ds4::convert {

namespace {

using model::Role;
using model::Storage;

constexpr std::uint64_t kItemBytes = 4 << 20;

model::Shape tiny_shape() {
  model::Shape s = model::flash_shape();
  s.layers = 7;
  s.width = 256;
  s.vocabulary = 1024;
  s.heads = 4;
  s.head_width = 128;
  s.query_rank = 256;
  s.output_rank = 128;
  s.output_groups = 2;
  s.window = 128;
  s.index_heads = 4;
  s.index_width = 128;
  s.index_top_k = 64;
  s.experts = 16;
  s.experts_used = 3;
  s.expert_width = 256;
  return s;
}

// Spread of a tensor's values, such that activations keep their size through the layers.
Spread spread_of(const model::TensorSpec& spec) {
  const bool is_scale = spec.name.find("_scale.") != std::string::npos;
  switch (spec.role) {
    case Role::norm:
      return {1.0f, 0.1f};
    case Role::embedding:
      return {0.0f, 1.0f};
    case Role::mixing:
      if (is_scale) return {1.0f, 0.05f};
      if (spec.storage == Storage::vector) return {0.0f, 0.5f};
      return {0.0f, 0.5f / std::sqrt(static_cast<float>(spec.dims[0]))};
    default:
      break;
  }
  if (spec.storage == Storage::vector) return {0.0f, 0.25f};  // sinks, biases, position tables
  return {0.0f, 1.0f / std::sqrt(static_cast<float>(spec.dims[0]))};
}

// Different experts for every token: the first draws of a shuffle of all of them.
void fill_token_table(const model::TensorSpec& spec, std::uint32_t experts,
                      const RandomWords& words, std::uint64_t first, std::uint64_t count,
                      std::byte* out) {
  const std::uint64_t used = spec.dims[0];
  std::vector<std::int32_t> ids(experts);
  for (std::uint64_t token = first; token < first + count; ++token) {
    std::iota(ids.begin(), ids.end(), 0);
    for (std::uint64_t k = 0; k < used; ++k) {
      std::swap(ids[k], ids[k + words.at(token * used + k) % (experts - k)]);
      store(out, ids[k]);
      out += sizeof(std::int32_t);
    }
  }
}

std::string synthetic_name(const model::Shape& shape) {
  const auto known = model::identify(shape);
  return "Synthetic DeepSeek V4 " + std::string(known.closest) + " shape, " +
         std::to_string(shape.layers) + " layers, random weights";
}

}  // namespace

Result<model::Shape> synthetic_shape(const std::string& name, std::uint32_t layers) {
  model::Shape shape;
  if (name == "flash") {
    shape = model::flash_shape();
  } else if (name == "pro") {
    shape = model::pro_shape();
  } else if (name == "tiny") {
    shape = tiny_shape();
  } else if (name.ends_with(".json")) {
    TRY(const Json json, read_json_file(name));
    auto read = shape_of_config(json);
    if (!read.ok()) return fail(read.error().code, name, ": ", read.error().message);
    shape = std::move(*read);
  } else {
    return fail(Code::bad_argument, "unknown shape '", name,
                "' (known: flash, pro, tiny, or the path of a config.json)");
  }
  if (layers == 0) layers = shape.layers;
  shape.layers = layers;
  // Beyond the published depth the pattern goes on: indexed and whole layers in turn.
  while (shape.ratios.size() < layers) {
    const bool repeats = shape.ratios.size() >= 2;
    shape.ratios.push_back(repeats ? shape.ratios[shape.ratios.size() - 2] : 0);
  }
  shape.ratios.resize(layers);
  shape.expert_clamps.resize(layers, shape.expert_clamps.empty() ? 10.0f : shape.expert_clamps[0]);
  shape.shared_clamps.resize(layers, shape.shared_clamps.empty() ? 10.0f : shape.shared_clamps[0]);
  shape.hash_layers = std::min(shape.hash_layers, layers);
  return shape;
}

Result<Synthesis> Synthesis::plan(const model::Shape& shape, SynthOptions options) {
  Synthesis s;
  s.shape_ = shape;
  s.options_ = std::move(options);
  s.specs_ = model::main_tensors(shape);
  if (s.options_.with_drafter) {
    const auto drafter = model::mtp_tensors(shape);
    s.specs_.insert(s.specs_.end(), drafter.begin(), drafter.end());
  }

  gguf::MetadataBytes keys;
  put_model_keys(keys, shape,
                 {.name = synthetic_name(shape),
                  .file_type = 0,
                  .has_drafter = s.options_.with_drafter,
                  .state_revision = false});
  put_standin_vocabulary(keys, shape.vocabulary);
  TRY(const gguf::Metadata read_back, gguf::parse_metadata(keys.bytes(), keys.count()));
  const auto checked = model::read_shape(read_back);
  if (!checked.ok()) return std::move(checked).error();

  std::vector<gguf::TensorPlan> tensors;
  for (const model::TensorSpec& spec : s.specs_) {
    gguf::TensorPlan tensor;
    tensor.name = spec.name;
    tensor.rank = spec.rank;
    std::copy(spec.dims.begin(), spec.dims.end(), tensor.dims.begin());
    tensor.type = choose_type(spec, s.options_.recipe).type;
    tensors.push_back(std::move(tensor));
  }
  TRY(s.layout_, gguf::plan_layout(keys, std::move(tensors)));
  return s;
}

Result<void> Synthesis::run(const std::string& output,
                            const std::function<void(std::uint64_t)>& on_progress) const {
  struct Item {
    std::size_t tensor;
    std::uint64_t first, count;  // blocks, or tokens of a table
  };
  std::vector<Item> items;
  for (std::size_t t = 0; t < specs_.size(); ++t) {
    const gguf::TensorPlan& tensor = layout_.tensors[t];
    const bool is_table = specs_[t].storage == Storage::table;
    const std::uint64_t unit =
        is_table ? specs_[t].dims[0] * sizeof(std::int32_t) : quant::info(tensor.type).block_bytes;
    const std::uint64_t units = tensor.bytes / unit;
    const std::uint64_t step = std::max<std::uint64_t>(1, kItemBytes / unit);
    for (std::uint64_t first = 0; first < units; first += step) {
      items.push_back({t, first, std::min(step, units - first)});
    }
  }

  TRY(gguf::Writer writer, gguf::Writer::create(output, layout_));
  const ParallelOptions parallel{.threads = options_.threads, .cancel = options_.cancel};
  TRY_DO(for_each_item(items.size(), parallel, [&](std::size_t index, int) -> Result<void> {
    const Item& item = items[index];
    const model::TensorSpec& spec = specs_[item.tensor];
    const gguf::TensorPlan& tensor = layout_.tensors[item.tensor];
    const RandomWords words(options_.seed, spec.name);
    const bool is_table = spec.storage == Storage::table;
    const std::uint64_t unit =
        is_table ? spec.dims[0] * sizeof(std::int32_t) : quant::info(tensor.type).block_bytes;
    std::vector<std::byte> bytes(item.count * unit);
    if (is_table) {
      fill_token_table(spec, shape_.experts, words, item.first, item.count, bytes.data());
    } else {
      fill_random_blocks(tensor.type, words, spread_of(spec), item.first, item.count, bytes.data());
    }
    TRY_DO(writer.write(item.tensor, item.first * unit, bytes));
    if (on_progress) on_progress(bytes.size());
    return {};
  }));
  return writer.finish();
}

}  // namespace ds4::convert
