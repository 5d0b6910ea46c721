// Which number type each tensor of a new file gets.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ds4/result.h"
#include "model/inventory.h"
#include "quant/type.h"

namespace ds4::convert {

// f32 and bf16 keep every matrix in that type. The others are named after the routed experts; all
// else is as in the published files: attention, shared experts and head in Q8_0, the rest in F16.
enum class Recipe { f32, bf16, q8, q4, q2, mxfp4 };

Result<Recipe> parse_recipe(std::string_view name);
std::string_view name_of(Recipe recipe);

struct RecipeChoice {
  Recipe base = Recipe::q2;
  std::map<int, Recipe> layers;  // routed experts of these layers differ

  Recipe of_layer(int layer) const;
};

// Reads "37-42=q4" or "0-2,40-42=q4" into `choice`.
Result<void> add_layer_override(std::string_view text, RecipeChoice& choice);

struct TypeChoice {
  quant::Type type;
  // Set when the rows are no multiple of the wanted type's block: what was wanted.
  std::optional<quant::Type> wanted;
};

TypeChoice choose_type(const model::TensorSpec& spec, const RecipeChoice& choice);

}  // namespace ds4::convert
