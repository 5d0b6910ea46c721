#include "convert/recipe.h"

#include <array>
#include <charconv>

#include "base/utf8.h"

namespace ds4::convert {

namespace {

using model::ExpertPart;
using model::Role;
using model::Storage;
using quant::Type;

constexpr std::array<std::pair<std::string_view, Recipe>, 6> kRecipes = {{
    {"f32", Recipe::f32},
    {"bf16", Recipe::bf16},
    {"q8", Recipe::q8},
    {"q4", Recipe::q4},
    {"q2", Recipe::q2},
    {"mxfp4", Recipe::mxfp4},
}};

Type routed_type(Recipe recipe, ExpertPart part) {
  switch (recipe) {
    case Recipe::f32:
      return Type::f32;
    case Recipe::bf16:
      return Type::bf16;
    case Recipe::q8:
      return Type::q8_0;
    case Recipe::q4:
      return Type::q4_k;
    case Recipe::q2:
      return part == ExpertPart::down ? Type::q2_k : Type::iq2_xxs;
    case Recipe::mxfp4:
      return Type::mxfp4;
  }
  return Type::f32;
}

Type wanted_type(const model::TensorSpec& spec, const RecipeChoice& choice) {
  if (spec.storage == Storage::table) return Type::i32;
  if (choice.base == Recipe::f32 && spec.role != Role::routed) return Type::f32;
  if (spec.storage == Storage::vector) {
    // The additive position table of a compressor is F16 in the published files.
    return spec.rank == 2 && choice.base != Recipe::bf16 ? Type::f16 : Type::f32;
  }
  if (spec.role == Role::routed) return routed_type(choice.of_layer(spec.layer), spec.part);
  if (choice.base == Recipe::bf16) return Type::bf16;
  switch (spec.role) {
    case Role::attention:
    case Role::shared:
    case Role::head:
    case Role::drafter:
      return Type::q8_0;
    default:
      return Type::f16;
  }
}

std::optional<int> read_int(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

Result<Recipe> parse_recipe(std::string_view name) {
  for (const auto& [known, recipe] : kRecipes) {
    if (known == name) return recipe;
  }
  return fail(Code::bad_argument, "unknown recipe '", printable(name),
              "' (known: f32, bf16, q8, q4, q2, mxfp4)");
}

std::string_view name_of(Recipe recipe) {
  for (const auto& [name, known] : kRecipes) {
    if (known == recipe) return name;
  }
  return "";
}

Recipe RecipeChoice::of_layer(int layer) const {
  const auto found = layers.find(layer);
  return found == layers.end() ? base : found->second;
}

Result<void> add_layer_override(std::string_view text, RecipeChoice& choice) {
  constexpr int kLayerMax = 1023;
  const auto bad = [&] {
    return fail(Code::bad_argument, "cannot read layers '", printable(text),
                "' (write for example 37-42=q4 or 0-2,40=q8)");
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return bad();
  TRY(const Recipe recipe, parse_recipe(text.substr(equals + 1)));
  std::string_view ranges = text.substr(0, equals);
  while (true) {
    const std::size_t comma = ranges.find(',');
    const std::string_view range = ranges.substr(0, comma);
    const std::size_t dash = range.find('-');
    const auto first = read_int(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : read_int(range.substr(dash + 1));
    if (!first || !last || *first > *last || *last > kLayerMax) return bad();
    for (int layer = *first; layer <= *last; ++layer) choice.layers[layer] = recipe;
    if (comma == std::string_view::npos) return {};
    ranges.remove_prefix(comma + 1);
  }
}

TypeChoice choose_type(const model::TensorSpec& spec, const RecipeChoice& choice) {
  const Type wanted = wanted_type(spec, choice);
  if (spec.dims[0] % quant::info(wanted).block_elements == 0) return {wanted, std::nullopt};
  const bool fits_q8 = spec.dims[0] % quant::info(Type::q8_0).block_elements == 0;
  return {fits_q8 ? Type::q8_0 : Type::f16, wanted};
}

}  // namespace ds4::convert
