// The golden models as files that run, and the recorded numbers of their sequences; what each array
// means is in tests/vectors/model/README.md.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "convert/converter.h"
#include "gguf/safetensors.h"
#include "tests/golden_checkpoint.h"
#include "tests/running_model.h"

namespace ds4::tests {

// A golden model as a file, made once in a process. Its weights fit F32 and Q8_0 without loss.
inline const model::ModelFile& golden_model(const std::string& name,
                                            convert::Recipe recipe = convert::Recipe::f32) {
  static const TemporaryFolder folder("golden");
  static std::map<std::string, std::unique_ptr<model::ModelFile>> made;
  const std::string path = folder.file(name + "_" + std::string(name_of(recipe)) + ".gguf");
  auto& file = made[path];
  if (file == nullptr) {
    if (!std::filesystem::exists(folder.file(name))) {
      write_golden_checkpoint(name, folder.file(name));
    }
    const auto plan =
        convert::Conversion::plan(folder.file(name), {.recipe = {.base = recipe}, .threads = 1});
    EXPECT_TRUE(plan.ok()) << plan.error().message;
    const auto done = plan->run(path, {});
    EXPECT_TRUE(done.ok()) << done.error().message;
    file = open_model(path);
  }
  return *file;
}

struct GoldenArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;

  std::size_t elements_behind(std::size_t axis) const {
    std::size_t product = 1;
    for (std::size_t a = axis + 1; a < shape.size(); ++a) product *= shape[a];
    return product;
  }
  // The values whose first indices are these.
  std::span<const double> at(std::initializer_list<std::size_t> indices) const {
    std::size_t offset = 0, axis = 0, size = values.size();
    for (const std::size_t index : indices) {
      size = elements_behind(axis++);
      offset += index * size;
    }
    return std::span(values).subspan(offset, size);
  }
};

struct GoldenSequence {
  std::vector<std::int32_t> tokens, greedy;
  std::vector<double> greedy_gaps;
  std::int32_t mtp_last_input = 0;
  std::map<std::string, GoldenArray> arrays;

  bool has(const std::string& array) const { return arrays.contains(array); }
  const GoldenArray& operator[](const std::string& array) const { return arrays.at(array); }
  std::vector<std::size_t> positions(const std::string& array) const {
    const auto& values = arrays.at(array).values;
    return {values.begin(), values.end()};
  }
};

template <class T>
void widen(std::span<const std::byte> bytes, std::vector<double>& out) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    out.push_back(static_cast<double>(load<T>(bytes.data() + at)));
  }
}

inline std::map<std::string, GoldenArray> read_golden_arrays(const std::string& path) {
  std::map<std::string, GoldenArray> out;
  const auto file = gguf::Checkpoint::open(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  for (const gguf::SafeTensor& tensor : file->tensors()) {
    GoldenArray& array = out[tensor.name];
    array.shape.assign(tensor.shape.begin(), tensor.shape.end());
    switch (tensor.type) {
      case gguf::SafeType::f32:
        widen<float>(tensor.data, array.values);
        break;
      case gguf::SafeType::f64:
        widen<double>(tensor.data, array.values);
        break;
      case gguf::SafeType::i32:
        widen<std::int32_t>(tensor.data, array.values);
        break;
      default:
        ADD_FAILURE() << tensor.name << " has a type that is not expected";
    }
  }
  return out;
}

struct GoldenName {
  std::string model, sequence, mode;  // mode: "f32" or "qat"
  bool has_all_streams = false;       // the array hc_all
};

// Every sequence that was recorded.
inline std::vector<GoldenName> golden_names() {
  std::vector<GoldenName> out;
  for (const char* model : {"mini", "A"}) {
    const auto json = parse_json(read_text(golden_model_folder(model) + "/index.json"));
    for (const Json& entry : json->find("sequences")->as_array()) {
      for (const char* mode : {"f32", "qat"}) {
        const Json* recorded = entry.find(mode);
        if (recorded == nullptr) continue;
        out.push_back({model, entry.find("name")->as_string(), mode,
                       recorded->find("tensors")->find("hc_all") != nullptr});
      }
    }
  }
  return out;
}

inline GoldenSequence golden_sequence(const GoldenName& name) {
  const std::string folder = golden_model_folder(name.model) + "/";
  const auto json = parse_json(read_text(folder + "index.json"));
  const auto ids = [](const Json& list) {
    std::vector<std::int32_t> read;
    for (const Json& id : list.as_array()) read.push_back(static_cast<std::int32_t>(*id.as_int()));
    return read;
  };
  GoldenSequence out;
  for (const Json& entry : json->find("sequences")->as_array()) {
    if (entry.find("name")->as_string() != name.sequence) continue;
    const Json& recorded = *entry.find(name.mode);
    out.tokens = ids(*entry.find("tokens"));
    out.greedy = ids(*recorded.find("greedy"));
    for (const Json& gap : recorded.find("greedy_gaps")->as_array()) {
      out.greedy_gaps.push_back(*gap.as_double());
    }
    out.mtp_last_input = static_cast<std::int32_t>(*recorded.find("mtp_last_input")->as_int());
    out.arrays = read_golden_arrays(folder + recorded.find("file")->as_string());
  }
  EXPECT_FALSE(out.tokens.empty()) << name.model << "/" << name.sequence << "/" << name.mode;
  return out;
}

}  // namespace ds4::tests
