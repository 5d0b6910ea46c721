// The golden models as official checkpoint folders: weights from the generator that
// tests/vectors/model/README.md defines, written as one safetensors file beside config.json.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ds4::tests {

inline std::string golden_model_folder(std::string_view model) {
  return std::string(DS4_SOURCE_DIR "/tests/vectors/model/") + std::string(model);
}

inline std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
  return hash;
}

inline std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// One tensor of weights.index.json.
struct GoldenTensor {
  std::string name, kind;
  std::vector<std::int64_t> shape;
  double mean = 0, step = 0;

  std::size_t elements() const {
    std::size_t product = 1;
    for (const std::int64_t size : shape) product *= static_cast<std::size_t>(size);
    return product;
  }
  bool is_table() const { return kind == "hash"; }
};

struct GoldenWeights {
  std::string seed;
  std::vector<GoldenTensor> tensors;
};

inline GoldenWeights read_golden_index(std::string_view model) {
  GoldenWeights out;
  const auto json = parse_json(read_text(golden_model_folder(model) + "/weights.index.json"));
  EXPECT_TRUE(json.ok());
  out.seed = json->find("seed")->as_string();
  for (const Json& entry : json->find("tensors")->as_array()) {
    GoldenTensor tensor;
    tensor.name = entry.find("name")->as_string();
    tensor.kind = entry.find("kind")->as_string();
    for (const Json& size : entry.find("shape")->as_array()) tensor.shape.push_back(*size.as_int());
    tensor.mean = *entry.find("mean")->as_double();
    if (const Json* step = entry.find("step"); step != nullptr && step->is_number()) {
      tensor.step = *step->as_double();
    }
    out.tensors.push_back(std::move(tensor));
  }
  return out;
}

inline std::vector<float> golden_values(const std::string& seed, const GoldenTensor& tensor) {
  const std::uint64_t h = fnv1a(seed + ":" + tensor.name);
  const auto z = [&](std::size_t i) { return mix(h + (i + 1) * 0x9E3779B97F4A7C15u); };
  const auto u = [&](std::size_t i) {
    const std::uint64_t bits = z(i);
    return static_cast<std::int64_t>((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) +
                                     ((bits >> 32) & 0xFFFF) + (bits >> 48)) -
           131070;
  };
  std::vector<std::int64_t> q(tensor.elements());
  for (std::size_t i = 0; i < q.size(); ++i) {
    q[i] = std::min<std::int64_t>(127, std::max<std::int64_t>(-127, (u(i) + 512) >> 10));
  }
  if (tensor.kind == "linear") {
    for (std::size_t b = 0; b < q.size(); b += 32) {
      const std::size_t i = b + (z(b) & 31);
      if (i < q.size()) q[i] = u(i) >= 0 ? 127 : -127;
    }
  } else if (tensor.kind == "norm") {
    for (std::int64_t& value : q) value >>= 2;
  }
  std::vector<float> out(q.size());
  for (std::size_t i = 0; i < q.size(); ++i) {
    out[i] = static_cast<float>(tensor.mean + static_cast<double>(q[i]) * tensor.step);
  }
  return out;
}

// The token-to-expert table: different experts for each token.
inline std::vector<std::int64_t> golden_table(const std::string& seed, const GoldenTensor& tensor) {
  const std::uint64_t h = fnv1a(seed + ":" + tensor.name);
  const auto used = static_cast<std::size_t>(tensor.shape[1]);
  const auto experts = static_cast<std::size_t>(tensor.mean);
  std::vector<std::int64_t> out;
  for (std::size_t token = 0; token < static_cast<std::size_t>(tensor.shape[0]); ++token) {
    std::vector<std::int64_t> list(experts);
    for (std::size_t e = 0; e < experts; ++e) list[e] = static_cast<std::int64_t>(e);
    for (std::size_t j = 0; j < used; ++j) {
      const std::uint64_t z = mix(h + (token * used + j + 1) * 0x9E3779B97F4A7C15u);
      std::swap(list[j], list[j + z % (experts - j)]);
      out.push_back(list[j]);
    }
  }
  return out;
}

// Writes config.json and model.safetensors into `folder`, which it creates.
inline void write_golden_checkpoint(std::string_view model, const std::string& folder) {
  const GoldenWeights weights = read_golden_index(model);
  Json header = Json::object();
  std::string data;
  for (const GoldenTensor& tensor : weights.tensors) {
    const std::size_t begin = data.size();
    if (tensor.is_table()) {
      const auto values = golden_table(weights.seed, tensor);
      data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
    } else {
      const auto values = golden_values(weights.seed, tensor);
      data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
    }
    Json entry = Json::object();
    entry.set("dtype", tensor.is_table() ? "I64" : "F32");
    Json shape = Json::array();
    for (const std::int64_t size : tensor.shape) shape.push(size);
    entry.set("shape", std::move(shape));
    Json offsets = Json::array();
    offsets.push(static_cast<std::uint64_t>(begin));
    offsets.push(static_cast<std::uint64_t>(data.size()));
    entry.set("data_offsets", std::move(offsets));
    header.set(tensor.name, std::move(entry));
  }
  std::filesystem::create_directories(folder);
  std::ofstream out(folder + "/model.safetensors", std::ios::binary);
  const std::string head = to_text(header);
  const std::uint64_t head_bytes = head.size();
  out.write(reinterpret_cast<const char*>(&head_bytes), sizeof head_bytes);
  out << head << data;
  std::ofstream(folder + "/config.json") << read_text(golden_model_folder(model) + "/config.json");
}

}  // namespace ds4::tests
