// The metadata of a new model file, from its shape; and the shape, from a checkpoint's config.json.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "ds4/result.h"
#include "gguf/metadata.h"
#include "model/shape.h"

namespace ds4::convert {

// Reads the published configuration key names. The errors name key and value. What comes out is not
// yet checked by the rules of a shape: the keys written from it are.
Result<model::Shape> shape_of_config(const Json& config);

// general.* that the writer states, and all deepseek4.* keys of the shape.
struct ModelKeys {
  std::string name;
  std::uint32_t file_type = 0;  // informative: the ecosystem's number of the dominant type
  bool has_drafter = false;
  bool state_revision = false;  // write template_revision
};
void put_model_keys(gguf::MetadataBytes& keys, const model::Shape& shape, const ModelKeys& about);

}  // namespace ds4::convert
