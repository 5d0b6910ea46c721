#include "cli/inspection.h"

#include <map>
#include <set>

#include "base/system_memory.h"
#include "base/utf8.h"

namespace ds4::cli {

namespace {

using model::Role;
using model::Weight;

std::string type_of(const Weight& weight) {
  return std::string(quant::info(weight.type).name);
}

std::string recipe_name(const model::ExpertWeights& experts) {
  using quant::Type;
  const Type gate = experts.gate.type, up = experts.up.type, down = experts.down.type;
  if (gate == Type::iq2_xxs && up == gate && down == Type::q2_k) return "q2";
  if (gate != up || gate != down) return "mixed";
  switch (gate) {
    case Type::f32:
      return "f32";
    case Type::f16:
      return "f16";
    case Type::bf16:
      return "bf16";
    case Type::q8_0:
      return "q8";
    case Type::q4_k:
      return "q4";
    case Type::mxfp4:
      return "mxfp4";
    default:
      return "mixed";
  }
}

std::vector<LayerRecipe> gather_recipes(const model::ModelWeights& weights) {
  std::vector<LayerRecipe> out;
  for (std::uint32_t l = 0; l < weights.layers.size(); ++l) {
    const model::ExpertWeights& experts = weights.layers[l].experts;
    const std::string types =
        type_of(experts.gate) + "/" + type_of(experts.up) + "/" + type_of(experts.down);
    if (!out.empty() && out.back().types == types) {
      out.back().last = l;
    } else {
      out.push_back({l, l, recipe_name(experts), types});
    }
  }
  return out;
}

std::vector<KindOfWeights> gather_kinds(const model::ModelFile& model,
                                        const model::MemoryPlan& plan) {
  struct Seen {
    std::set<std::string> types;
    std::uint64_t tensors = 0;
  };
  std::map<Role, Seen> main;
  Seen draft;
  for (const auto& [spec, tensor] : model.bound_tensors()) {
    Seen& seen = spec->layer >= static_cast<int>(model.shape().layers) ? draft : main[spec->role];
    seen.types.insert(std::string(quant::info(tensor->type).name));
    ++seen.tensors;
  }
  const auto joined = [](const std::set<std::string>& types) {
    std::string out;
    for (const std::string& type : types) out += (out.empty() ? "" : ", ") + type;
    return out;
  };
  std::vector<KindOfWeights> out;
  for (const model::RoleBytes& role : plan.weights) {
    const Seen& seen = main[role.role];
    out.push_back({std::string(model::name_of(role.role)), joined(seen.types), seen.tensors,
                   role.file_bytes, role.token_bytes});
  }
  if (draft.tensors > 0) {
    out.push_back({model.mtp() ? "drafter (MTP block)" : "drafter (DSpark stages)",
                   joined(draft.types), draft.tensors, plan.drafter_bytes, 0});
  }
  return out;
}

}  // namespace

Inspection gather(const model::ModelFile& model, const model::DrafterFile* drafter,
                  std::uint64_t context_tokens) {
  Inspection out;
  out.known = model::identify(model.shape());
  out.plan = model::plan_memory(model.shape(), model.weight_bytes(), context_tokens);
  out.kinds = gather_kinds(model, out.plan);
  if (model.mtp()) {
    out.drafter = "MTP block, in this file";
  } else if (model.dspark()) {
    out.drafter = "DSpark stages, in this file";
  } else {
    out.drafter = "none";
  }
  if (drafter != nullptr) {
    const gguf::File& file = *drafter->file;
    const std::string what = drafter->mtp ? "MTP block" : "DSpark stages";
    std::uint64_t bytes = 0;
    for (const gguf::Tensor& tensor : file.tensors()) bytes += tensor.bytes;
    out.drafter = what + ", from " + printable(file.part(0).path());
    out.plan.drafter_bytes += bytes;
    out.kinds.push_back({"drafter (" + what + ")", "", file.tensors().size(), bytes, 0});
  }
  out.recipes = gather_recipes(model.weights());
  out.machine_bytes = total_memory();
  return out;
}

}  // namespace ds4::cli
