// A small valid model file in memory, for tests that then break one thing in it.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "gguf/container.h"
#include "gguf/metadata.h"
#include "model/weights.h"

namespace ds4::model {

// Keys that can be changed, dropped or added before they become Metadata.
class TestKeys {
 public:
  TestKeys();

  void set(const std::string& key, std::uint32_t value) { values_[key] = Value{.count = value}; }
  void set(const std::string& key, float value) {
    values_[key] = Value{.kind = Kind::real, .real = value};
  }
  void set(const std::string& key, const std::string& value) {
    values_[key] = Value{.kind = Kind::text, .text = value};
  }
  void set_flag(const std::string& key, bool value) {
    values_[key] = Value{.kind = Kind::flag, .count = value};
  }
  void set_list(const std::string& key, std::vector<std::int32_t> list) {
    values_[key] = Value{.kind = Kind::list, .list = std::move(list)};
  }
  void set_reals(const std::string& key, std::vector<float> reals) {
    values_[key] = Value{.kind = Kind::reals, .reals = std::move(reals)};
  }
  void drop(const std::string& key) { values_.erase(key); }

  // Valid until the next call.
  const gguf::Metadata& metadata();

 private:
  enum class Kind { count, real, text, flag, list, reals };
  struct Value {
    Kind kind = Kind::count;
    std::uint32_t count = 0;
    float real = 0;
    std::string text;
    std::vector<std::int32_t> list;
    std::vector<float> reals;
  };

  std::map<std::string, Value> values_;
  gguf::MetadataBytes bytes_;
  gguf::Metadata metadata_;
};

inline TestKeys::TestKeys() {
  const auto count = [&](const char* name, std::uint32_t value) {
    set("deepseek4." + std::string(name), value);
  };
  const auto real = [&](const char* name, float value) {
    set("deepseek4." + std::string(name), value);
  };
  set("general.architecture", std::string("deepseek4"));
  count("block_count", 3);
  count("context_length", 4096);
  count("embedding_length", 64);
  count("vocab_size", 96);
  count("attention.head_count", 4);
  count("attention.head_count_kv", 1);
  count("attention.key_length", 128);
  count("attention.value_length", 128);
  count("attention.q_lora_rank", 32);
  count("attention.output_lora_rank", 32);
  count("attention.output_group_count", 2);
  count("attention.sliding_window", 16);
  count("attention.indexer.head_count", 2);
  count("attention.indexer.key_length", 64);
  count("attention.indexer.top_k", 8);
  set_list("deepseek4.attention.compress_ratios", {0, 4, 128, 0});
  real("attention.compress_rope_freq_base", 160000);
  real("attention.layer_norm_rms_epsilon", 1e-6f);
  count("rope.dimension_count", 64);
  real("rope.freq_base", 10000);
  set("deepseek4.rope.scaling.type", std::string("yarn"));
  real("rope.scaling.factor", 16);
  count("rope.scaling.original_context_length", 256);
  real("rope.scaling.yarn_beta_fast", 32);
  real("rope.scaling.yarn_beta_slow", 1);
  count("expert_count", 8);
  count("expert_used_count", 2);
  count("expert_shared_count", 1);
  count("expert_feed_forward_length", 32);
  count("expert_gating_func", 4);
  real("expert_weights_scale", 1.5f);
  set_flag("deepseek4.expert_weights_norm", true);
  count("hash_layer_count", 1);
  count("hyper_connection.count", 4);
  count("hyper_connection.sinkhorn_iterations", 20);
  real("hyper_connection.epsilon", 1e-6f);
  set_reals("deepseek4.swiglu_clamp_exp", {10, 10, 10});
}

inline const gguf::Metadata& TestKeys::metadata() {
  bytes_ = {};
  for (const auto& [key, value] : values_) {
    switch (value.kind) {
      case Kind::count:
        bytes_.put(key, value.count);
        break;
      case Kind::real:
        bytes_.put(key, value.real);
        break;
      case Kind::text:
        bytes_.put(key, std::string_view(value.text));
        break;
      case Kind::flag:
        bytes_.put(key, value.count != 0);
        break;
      case Kind::list:
        bytes_.put_array(key, std::span<const std::int32_t>(value.list));
        break;
      case Kind::reals:
        bytes_.put_array(key, std::span<const float>(value.reals));
        break;
    }
  }
  auto parsed = gguf::parse_metadata(bytes_.bytes(), bytes_.count());
  EXPECT_TRUE(parsed.ok());
  metadata_ = std::move(*parsed);
  return metadata_;
}

// Tensors that exist only as directory entries over a shared block of zeros.
class TestTensors final : public TensorSource {
 public:
  explicit TestTensors(const std::vector<TensorSpec>& specs) {
    for (const TensorSpec& spec : specs) {
      gguf::Tensor tensor;
      tensor.rank = spec.rank;
      for (std::size_t d = 0; d < spec.dims.size(); ++d) tensor.dims[d] = spec.dims[d];
      tensor.type = spec.storage == Storage::table ? quant::Type::i32 : quant::Type::f32;
      put(spec.name, tensor);
    }
  }

  void put(const std::string& name, gguf::Tensor tensor) {
    names_.push_back(name);
    tensor.name = names_.back();
    tensors_[name] = tensor;
  }
  gguf::Tensor& at(const std::string& name) { return tensors_.at(name); }
  void drop(const std::string& name) { tensors_.erase(name); }

  std::optional<FileTensor> find(std::string_view name) const override {
    const auto found = tensors_.find(std::string(name));
    if (found == tensors_.end()) return std::nullopt;
    return FileTensor{&found->second, zeros_.data()};
  }

 private:
  std::deque<std::string> names_;
  std::unordered_map<std::string, gguf::Tensor> tensors_;
  std::vector<std::byte> zeros_ = std::vector<std::byte>(1 << 20);
};

}  // namespace ds4::model
