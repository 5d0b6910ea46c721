#include "convert/converter.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/json_file.h"
#include "base/parallel.h"
#include "convert/model_keys.h"
#include "convert/tokenizer_keys.h"
#include "quant/codec.h"

namespace ds4::convert {

namespace {

namespace fs = std::filesystem;
using model::Storage;
using quant::Type;

constexpr std::uint64_t kItemWeights = 1 << 20;  // of plain formats; searches take whole matrices
constexpr std::size_t kProblemsShown = 20;

// The ecosystem's number for "mostly that type"; tools show it, nobody depends on it.
std::uint32_t file_type(Recipe recipe) {
  switch (recipe) {
    case Recipe::f32:
      return 0;
    case Recipe::bf16:
      return 32;
    case Recipe::q8:
      return 7;
    case Recipe::q4:
      return 15;
    case Recipe::q2:
      return 19;
    case Recipe::mxfp4:
      return 38;
  }
  return 0;
}

std::uint32_t count_stages(const gguf::Checkpoint& checkpoint) {
  std::uint32_t stages = 0;
  while (checkpoint.find("mtp." + std::to_string(stages) + ".attn_norm.weight") != nullptr) {
    ++stages;
  }
  return stages;
}

// The staged drafter's constants are those of the published one unless the config names others.
Result<model::DsparkShape> dspark_of_config(const Json& config, const gguf::Checkpoint& checkpoint,
                                            const model::Shape& shape) {
  const auto number = [&](const char* key, std::uint32_t otherwise) {
    const Json* value = config.find(key);
    const auto count = value == nullptr ? std::nullopt : value->as_int();
    return count && *count > 0 ? static_cast<std::uint32_t>(*count) : otherwise;
  };
  model::DsparkShape out;
  out.stages = count_stages(checkpoint);
  const std::string last = "mtp." + std::to_string(out.stages - 1) + ".";
  const gguf::SafeTensor* markov = checkpoint.find(last + "markov_head.markov_w1.weight");
  if (markov == nullptr || markov->shape.size() != 2) {
    return fail(Code::not_found, "tensor ", last,
                "markov_head.markov_w1.weight is not in the checkpoint");
  }
  out.markov_rank = static_cast<std::uint32_t>(markov->shape[1]);
  out.block_size = number("dspark_block_size", 5);
  out.noise_token = number("dspark_noise_token_id", 128799);
  const gguf::SafeTensor* projection = checkpoint.find("mtp.0.main_proj.weight");
  const std::uint64_t taps = projection != nullptr && projection->shape.size() == 2
                                 ? projection->shape[1] / shape.width
                                 : 0;
  if (taps < 1 || taps >= shape.layers) {
    return fail(Code::bad_file, "tensor mtp.0.main_proj.weight does not project whole layers");
  }
  for (std::uint64_t t = 0; t < taps; ++t) {
    out.target_layers.push_back(static_cast<std::uint32_t>(shape.layers - taps + t));
  }
  return out;
}

void put_dspark_keys(gguf::MetadataBytes& keys, const model::DsparkShape& dspark) {
  keys.put("dspark.stage_count", dspark.stages);
  keys.put("dspark.n_layers", dspark.stages);
  keys.put("dspark.block_size", dspark.block_size);
  keys.put("dspark.markov_rank", dspark.markov_rank);
  keys.put("dspark.noise_token_id", dspark.noise_token);
  keys.put_array("dspark.target_layer_ids", std::span<const std::uint32_t>(dspark.target_layers));
}

}  // namespace

Result<Conversion> Conversion::plan(const std::string& folder, ConvertOptions options) {
  Conversion c;
  c.options_ = std::move(options);
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return fail(Code::not_found, folder,
                ": not a folder (give the folder with config.json and *.safetensors)");
  }
  TRY(const Json config, read_json_file((fs::path(folder) / "config.json").string()));
  TRY(c.shape_, shape_of_config(config));
  TRY(c.checkpoint_, gguf::Checkpoint::open(folder));
  if (!c.options_.importance_path.empty()) {
    TRY(c.importance_, Importance::open(c.options_.importance_path));
  }
  TRY_DO(c.choose_tensors(config));
  TRY_DO(c.plan_file(folder));
  TRY_DO(c.resolve_sources());
  return c;
}

Result<void> Conversion::choose_tensors(const Json& config) {
  specs_ = model::main_tensors(shape_);
  std::vector<model::TensorSpec> draft;
  if (checkpoint_.find("mtp.0.e_proj.weight") != nullptr) {
    drafter_ = "MTP";
    draft = model::mtp_tensors(shape_);
  } else if (checkpoint_.find("mtp.0.main_proj.weight") != nullptr) {
    drafter_ = "DSpark";
    TRY(dspark_, dspark_of_config(config, checkpoint_, shape_));
    draft = model::dspark_tensors(shape_, dspark_);
  }
  specs_.insert(specs_.end(), draft.begin(), draft.end());
  std::erase_if(specs_, [&](const model::TensorSpec& spec) {
    return !spec.required && checkpoint_.find(spec.official) == nullptr;
  });
  return {};
}

Result<void> Conversion::plan_file(const std::string& folder) {
  ModelKeys about;
  about.name = options_.name;
  if (about.name.empty()) {
    const auto known = model::identify(shape_);
    if (known.differences.empty()) {
      about.name = std::string("DeepSeek V4 ") + (known.name == "PRO" ? "Pro" : "Flash");
    } else {
      about.name = fs::weakly_canonical(folder).filename().string();
    }
  }
  about.file_type = file_type(options_.recipe.base);
  about.has_drafter = drafter_ == "MTP";
  about.state_revision = options_.revision.has_value();
  if (options_.revision) shape_.revision = *options_.revision;

  gguf::MetadataBytes keys;
  put_model_keys(keys, shape_, about);
  if (drafter_ == "DSpark") put_dspark_keys(keys, dspark_);
  TRY_DO(put_tokenizer(keys, folder));
  if (importance_) importance_->put_keys(keys);

  // The rules of a shape are those of the reader: what it would refuse is refused now.
  TRY(const gguf::Metadata read_back, gguf::parse_metadata(keys.bytes(), keys.count()));
  const auto checked = model::read_shape(read_back);
  if (!checked.ok()) {
    return fail(checked.error().code, folder, "/config.json: ", checked.error().message);
  }

  std::vector<gguf::TensorPlan> tensors;
  for (const model::TensorSpec& spec : specs_) {
    const TypeChoice choice = choose_type(spec, options_.recipe);
    if (choice.wanted) {
      const quant::TypeInfo& wanted = quant::info(*choice.wanted);
      notes_.push_back(spec.name + ": rows of " + std::to_string(spec.dims[0]) +
                       " are no multiple of " + std::to_string(wanted.block_elements) + " (" +
                       std::string(wanted.name) + "), so " +
                       std::string(quant::info(choice.type).name));
    }
    gguf::TensorPlan tensor;
    tensor.name = spec.name;
    tensor.rank = spec.rank;
    std::copy(spec.dims.begin(), spec.dims.end(), tensor.dims.begin());
    tensor.type = choice.type;
    tensors.push_back(std::move(tensor));
  }
  TRY(layout_, gguf::plan_layout(keys, std::move(tensors)));
  return {};
}

Result<void> Conversion::put_tokenizer(gguf::MetadataBytes& keys, const std::string& folder) {
  const std::string path = (fs::path(folder) / "tokenizer.json").string();
  std::error_code error;
  if (!fs::exists(path, error)) {
    put_no_tokenizer(keys);
    return {};
  }
  TRY(const text::TokenizerFile file, read_tokenizer(path));
  if (file.tokens.size() != shape_.vocabulary) {
    return fail(Code::bad_file, path, ": it has ", file.tokens.size(),
                " tokens, but config.json says vocab_size=", shape_.vocabulary);
  }
  has_tokenizer_ = true;
  return put_tokenizer_keys(keys, file);
}

Result<void> Conversion::resolve_sources() {
  std::vector<std::string> problems;
  sources_.resize(specs_.size());
  for (std::size_t t = 0; t < specs_.size(); ++t) {
    const model::TensorSpec& spec = specs_[t];
    if (spec.storage == Storage::table) continue;
    const bool is_routed = spec.role == model::Role::routed;
    for (std::uint64_t e = 0; e < (is_routed ? spec.dims[2] : 1); ++e) {
      const std::uint64_t rows = is_routed ? spec.dims[1] : spec.dims[1] * spec.dims[2];
      auto source = SourceMatrix::find(checkpoint_, official_name(spec, e), spec.dims[0], rows);
      if (!source.ok()) {
        problems.push_back(source.error().message);
        continue;
      }
      sources_[t].push_back(std::move(*source));
      if (!importance_ || !is_routed) continue;
      TRY(const auto weights,
          importance_->find(spec.name, official_name(spec, e), e, spec.dims[0], spec.dims[2]));
      if (weights.empty() && options_.strict) {
        problems.push_back("no importance for expert " + std::to_string(e) + " of " + spec.name);
      }
    }
  }
  if (problems.empty()) return {};
  std::string message;
  for (std::size_t i = 0; i < std::min(problems.size(), kProblemsShown); ++i) {
    message += (i > 0 ? "\n" : "") + problems[i];
  }
  if (problems.size() > kProblemsShown) {
    message += "\nand " + std::to_string(problems.size() - kProblemsShown) + " more";
  }
  return fail(Code::bad_file, message);
}

std::uint64_t Conversion::total_weights() const {
  std::uint64_t total = 0;
  for (const model::TensorSpec& spec : specs_) total += spec.elements();
  return total;
}

std::vector<Conversion::Item> Conversion::work_items() const {
  std::vector<Item> items;
  for (std::size_t t = 0; t < specs_.size(); ++t) {
    const model::TensorSpec& spec = specs_[t];
    if (spec.storage == Storage::table) {
      items.push_back({t, 0, 0, spec.dims[1]});
      continue;
    }
    // Without measured importance a search weighs columns by their energy in the whole matrix.
    const bool whole = quant::needs_importance(layout_.tensors[t].type);
    for (std::uint64_t matrix = 0; matrix < sources_[t].size(); ++matrix) {
      const std::uint64_t rows = sources_[t][matrix].rows();
      const std::uint64_t step =
          whole ? rows : std::max<std::uint64_t>(1, kItemWeights / spec.dims[0]);
      for (std::uint64_t row = 0; row < rows; row += step) {
        items.push_back({t, matrix, row, std::min(step, rows - row)});
      }
    }
  }
  return items;
}

Result<void> Conversion::encode_table(const Item& item, std::vector<std::byte>& out) const {
  const model::TensorSpec& spec = specs_[item.tensor];
  std::vector<std::int32_t> ids(spec.elements());
  TRY_DO(read_token_table(checkpoint_, spec, shape_.experts, ids.data()));
  out.resize(ids.size() * sizeof(std::int32_t));
  std::copy_n(reinterpret_cast<const std::byte*>(ids.data()), out.size(), out.data());
  return {};
}

Result<void> Conversion::encode(const Item& item, std::vector<std::byte>& out) const {
  const model::TensorSpec& spec = specs_[item.tensor];
  if (spec.storage == Storage::table) return encode_table(item, out);

  const SourceMatrix& source = sources_[item.tensor][item.matrix];
  const Type type = layout_.tensors[item.tensor].type;
  const std::uint64_t columns = spec.dims[0];
  const std::uint64_t row_bytes = quant::row_bytes(type, columns);
  out.resize(item.rows * row_bytes);
  if (type == Type::mxfp4 && source.is_fp4()) {
    for (std::uint64_t r = 0; r < item.rows; ++r) {
      source.repack_row(item.first_row + r, out.data() + r * row_bytes);
    }
    return {};
  }

  std::vector<float> row(columns);
  std::span<const float> importance;
  if (importance_ && spec.role == model::Role::routed) {
    TRY(importance, importance_->find(spec.name, official_name(spec, item.matrix), item.matrix,
                                      columns, spec.dims[2]));
  }
  std::vector<float> energy;
  if (importance.empty() && quant::needs_importance(type)) {
    energy.assign(columns, 0.0f);
    for (std::uint64_t r = 0; r < item.rows; ++r) {
      source.read_row(r, row.data());
      quant::add_column_energy(row.data(), columns, energy.data());
    }
    importance = energy;
  }

  constexpr float kLargestF16 = 65504.0f;
  for (std::uint64_t r = 0; r < item.rows; ++r) {
    source.read_row(item.first_row + r, row.data());
    float largest = 0;
    bool finite = true;
    for (const float value : row) {
      finite &= std::isfinite(value);
      largest = std::max(largest, std::abs(value));
    }
    if (!finite) {
      return fail(Code::bad_file, "tensor ", official_name(spec, item.matrix),
                  " of the checkpoint has a value that is no number in row ", item.first_row + r);
    }
    if (type == Type::f16 && largest > kLargestF16) {
      return fail(Code::unsupported, "tensor ", official_name(spec, item.matrix),
                  " of the checkpoint holds ", largest,
                  ", more than F16 can: use --recipe bf16 or f32");
    }
    quant::encode_row(type, row.data(), out.data() + r * row_bytes, columns,
                      importance.empty() ? nullptr : importance.data());
  }
  return {};
}

Result<void> Conversion::run(const std::string& output,
                             const std::function<void(std::uint64_t)>& on_progress) const {
  TRY(gguf::Writer writer, gguf::Writer::create(output, layout_));
  const std::vector<Item> items = work_items();
  const ParallelOptions parallel{.threads = options_.threads, .cancel = options_.cancel};
  TRY_DO(for_each_item(items.size(), parallel, [&](std::size_t index, int) -> Result<void> {
    const Item& item = items[index];
    std::vector<std::byte> encoded;
    TRY_DO(encode(item, encoded));
    const model::TensorSpec& spec = specs_[item.tensor];
    const std::uint64_t row_bytes =
        layout_.tensors[item.tensor].bytes / (spec.dims[1] * spec.dims[2]);
    const std::uint64_t row = item.matrix * spec.dims[1] + item.first_row;
    TRY_DO(writer.write(item.tensor, row * row_bytes, encoded));
    if (spec.storage != Storage::table) {
      const SourceMatrix& source = sources_[item.tensor][item.matrix];
      checkpoint_.release(source.bytes_of_rows(item.first_row, item.rows));
    }
    if (on_progress) on_progress(item.rows * spec.dims[0]);
    return {};
  }));
  return writer.finish();
}

}  // namespace ds4::convert
