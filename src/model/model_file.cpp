#include "model/model_file.h"

#include <unordered_set>

#include "base/utf8.h"

namespace ds4::model {

namespace {

// Puts the path before every line of a message.
Error in_file(const std::string& path, const Error& error) {
  std::string message = path + ": ";
  for (const char c : error.message) {
    message += c;
    if (c == '\n') message += path + ": ";
  }
  return {error.code, message};
}

class FileSource final : public TensorSource {
 public:
  explicit FileSource(const gguf::File& file) : file_(file) {}

  std::optional<FileTensor> find(std::string_view name) const override {
    const gguf::Tensor* tensor = file_.find(name);
    if (tensor == nullptr) return std::nullopt;
    return FileTensor{tensor, file_.data(*tensor).data()};
  }

 private:
  const gguf::File& file_;
};

constexpr std::string_view kMtpMark = "mtp.0.e_proj.weight";
constexpr std::string_view kDsparkMark = "mtp.0.main_proj.weight";

// Provenance that a drafter and its model must share when either states it.
Result<void> check_same(std::string_view key, const gguf::Metadata& draft,
                        const gguf::Metadata& model) {
  const auto text = [&](const gguf::Metadata& keys) -> Result<std::string_view> {
    if (!keys.has(key)) return std::string_view("unstated");
    return keys.text(key);
  };
  TRY(const std::string_view of_draft, text(draft));
  TRY(const std::string_view of_model, text(model));
  if (of_draft == of_model) return {};
  return fail(Code::unsupported, "draft file is for checkpoint ", printable(of_draft),
              ", model is ", printable(of_model), " (", key, ")");
}

}  // namespace

Result<DsparkShape> read_dspark_shape(const gguf::Metadata& keys, const Shape& shape) {
  const auto impossible = [](std::string_view key, std::uint64_t value, std::string_view rule) {
    return fail(Code::unsupported, key, "=", value, " is not possible: ", rule);
  };
  DsparkShape out;
  TRY(const std::uint64_t stages, keys.count("dspark.stage_count"));
  TRY(const std::uint64_t layers, keys.count("dspark.n_layers"));
  TRY(const std::uint64_t block, keys.count("dspark.block_size"));
  TRY(const std::uint64_t rank, keys.count("dspark.markov_rank"));
  TRY(const std::uint64_t noise, keys.count("dspark.noise_token_id"));
  TRY(const auto targets, keys.counts("dspark.target_layer_ids"));
  if (stages < 1 || stages > 4) {
    return impossible("dspark.stage_count", stages, "1 to 4 stages");
  }
  if (layers != stages) {
    return impossible("dspark.n_layers", layers, "it is equal to dspark.stage_count");
  }
  if (block < 2 || block > 16) return impossible("dspark.block_size", block, "2 to 16 tokens");
  if (rank == 0 || rank % 32 != 0 || rank > 65536) {
    return impossible("dspark.markov_rank", rank, "a positive multiple of 32");
  }
  if (noise >= shape.vocabulary) {
    return impossible("dspark.noise_token_id", noise, "it is below vocab_size");
  }
  if (targets.empty()) return impossible("dspark.target_layer_ids", 0, "at least one layer");
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i] >= shape.layers || (i > 0 && targets[i] <= targets[i - 1])) {
      return impossible("dspark.target_layer_ids", targets[i],
                        "layers are strictly increasing and below block_count");
    }
    out.target_layers.push_back(static_cast<std::uint32_t>(targets[i]));
  }
  out.stages = static_cast<std::uint32_t>(stages);
  out.block_size = static_cast<std::uint32_t>(block);
  out.markov_rank = static_cast<std::uint32_t>(rank);
  out.noise_token = static_cast<std::uint32_t>(noise);
  return out;
}

Result<ModelFile> ModelFile::open(const std::string& path) {
  ModelFile model;
  TRY(gguf::File file, gguf::File::open(path));
  model.file_ = std::make_unique<gguf::File>(std::move(file));
  const auto bound = model.bind();
  if (!bound.ok()) return in_file(path, bound.error());
  return model;
}

Result<void> ModelFile::bind() {
  const gguf::Metadata& keys = file_->metadata();
  TRY_DO(check_architecture(keys));
  TRY(shape_, read_shape(keys));
  const FileSource source(*file_);
  TRY(weights_, bind_model(source, shape_));
  TRY_DO(check_token_tables(weights_, shape_));
  specs_ = main_tensors(shape_);
  std::vector<TensorSpec> drafter;
  if (source.find(kMtpMark)) {
    TRY(mtp_, bind_mtp(source, shape_));
    drafter = mtp_tensors(shape_);
  } else if (source.find(kDsparkMark)) {
    TRY(const DsparkShape dspark, read_dspark_shape(keys, shape_));
    TRY(dspark_, bind_dspark(source, shape_, dspark));
    drafter = dspark_tensors(shape_, dspark);
  }
  specs_.insert(specs_.end(), drafter.begin(), drafter.end());
  TRY(vocabulary_, read_vocabulary(keys, shape_.vocabulary));

  std::unordered_set<std::string_view> known;
  for (const TensorSpec& spec : specs_) known.insert(spec.name);
  for (const gguf::Tensor& tensor : file_->tensors()) {
    unknown_tensors_ += !known.contains(tensor.name);
  }
  return {};
}

std::vector<std::pair<const TensorSpec*, const gguf::Tensor*>> ModelFile::bound_tensors() const {
  std::vector<std::pair<const TensorSpec*, const gguf::Tensor*>> out;
  for (const TensorSpec& spec : specs_) {
    const gguf::Tensor* tensor = file_->find(spec.name);
    if (tensor != nullptr) out.emplace_back(&spec, tensor);
  }
  return out;
}

std::vector<WeightBytes> ModelFile::weight_bytes() const {
  std::vector<WeightBytes> out;
  for (const auto& [spec, tensor] : bound_tensors()) {
    WeightBytes w;
    w.role = spec->role;
    w.layer = spec->layer;
    w.drafter = spec->layer >= static_cast<int>(shape_.layers);
    w.rows = tensor->rows();
    w.count = tensor->dims[2];
    w.bytes = tensor->bytes;
    out.push_back(w);
  }
  return out;
}

Result<DrafterFile> open_drafter(const std::string& path, const ModelFile& model) {
  DrafterFile out;
  TRY(gguf::File file, gguf::File::open(path));
  out.file = std::make_unique<gguf::File>(std::move(file));
  const gguf::Metadata& keys = out.file->metadata();
  const FileSource source(*out.file);
  const auto bind = [&]() -> Result<void> {
    TRY(const std::string_view name, keys.text("general.architecture"));
    if (name == "deepseek4_mtp_support") {
      TRY(const std::uint64_t experts, keys.count("deepseek4.expert_count"));
      if (experts != model.shape().experts) {
        return fail(Code::unsupported, "draft file is for a model of ", experts,
                    " experts, model has ", model.shape().experts);
      }
      TRY(out.mtp, bind_mtp(source, model.shape()));
      return {};
    }
    if (name != "deepseek4-dspark") {
      return fail(Code::bad_argument, "architecture '", printable(name), "' is not a drafter");
    }
    const gguf::Metadata& model_keys = model.file().metadata();
    TRY_DO(check_same("deepseek4.checkpoint_variant", keys, model_keys));
    TRY_DO(check_same("general.source.revision", keys, model_keys));
    TRY(const DsparkShape dspark, read_dspark_shape(keys, model.shape()));
    TRY(out.dspark, bind_dspark(source, model.shape(), dspark));
    return {};
  };
  const auto bound = bind();
  if (!bound.ok()) return in_file(path, bound.error());
  return out;
}

}  // namespace ds4::model
