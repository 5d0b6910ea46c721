// The form for programs.
#include "cli/inspection.h"

namespace ds4::cli {

namespace {

Json shape_json(const model::Shape& s) {
  Json out = Json::object();
  const auto put = [&](std::string_view key, auto value) { out.set(key, Json(value)); };
  const auto count = [&](std::string_view key, std::uint64_t value) { out.set(key, Json(value)); };
  count("layers", s.layers);
  count("width", s.width);
  count("vocabulary", s.vocabulary);
  count("heads", s.heads);
  count("head_width", s.head_width);
  count("rope_width", s.rope_width);
  count("query_rank", s.query_rank);
  count("output_rank", s.output_rank);
  count("output_groups", s.output_groups);
  count("window", s.window);
  count("index_heads", s.index_heads);
  count("index_width", s.index_width);
  count("index_top_k", s.index_top_k);
  count("experts", s.experts);
  count("experts_used", s.experts_used);
  count("expert_width", s.expert_width);
  count("hash_layers", s.hash_layers);
  count("context_tokens", s.context_tokens);
  put("rope_base", static_cast<double>(s.rope_base));
  put("compress_rope_base", static_cast<double>(s.compress_rope_base));
  put("rope_factor", static_cast<double>(s.rope_factor));
  put("route_scale", static_cast<double>(s.route_scale));
  Json ratios = Json::array();
  for (const std::uint32_t ratio : s.ratios) ratios.push(std::uint64_t{ratio});
  out.set("compress_ratios", std::move(ratios));
  out.set("template_revision", s.revision == model::TemplateRevision::preview ? "preview" : "0731");
  return out;
}

Json plan_json(const model::MemoryPlan& plan, std::uint64_t machine_bytes) {
  Json out = Json::object();
  out.set("context_tokens", plan.context_tokens);
  out.set("routed_bytes", plan.routed_bytes);
  out.set("resident_bytes", plan.resident_bytes);
  out.set("drafter_bytes", plan.drafter_bytes);
  out.set("weight_bytes", plan.weight_bytes());
  Json state = Json::object();
  state.set("rows", plan.state.rows);
  state.set("index_rows", plan.state.index_rows);
  state.set("window", plan.state.window);
  state.set("partial", plan.state.partial);
  state.set("tokens", plan.state.tokens);
  state.set("total", plan.state.total());
  state.set("per_token", plan.state_bytes_per_token);
  out.set("state_bytes", std::move(state));
  out.set("scratch_bytes", plan.scratch_bytes);
  out.set("total_bytes", plan.total_bytes());
  out.set("machine_bytes", machine_bytes);
  return out;
}

Json token_json(const model::MemoryPlan& plan) {
  Json out = Json::object();
  out.set("weights", plan.token_weight_bytes);
  out.set("indexer_weights", plan.token_indexer_bytes);
  out.set("rows", plan.token_row_bytes);
  return out;
}

}  // namespace

Json to_json(const model::ModelFile& model, const Inspection& in, bool with_tensors) {
  const gguf::File& file = model.file();
  Json out = Json::object();
  out.set("path", file.part(0).path());
  out.set("parts", static_cast<std::uint64_t>(file.part_count()));
  out.set("file_bytes", file.size_bytes());
  out.set("tensors", static_cast<std::uint64_t>(file.tensors().size()));
  out.set("unknown_tensors", static_cast<std::uint64_t>(model.unknown_tensors()));
  if (const auto name = file.metadata().text("general.name"); name.ok()) out.set("name", *name);
  out.set("known_as", in.known.name);
  Json differences = Json::array();
  for (const std::string& difference : in.known.differences) differences.push(difference);
  out.set("differences", std::move(differences));
  out.set("shape", shape_json(model.shape()));
  out.set("drafter", in.drafter);

  Json tokenizer;
  if (model.vocabulary()) tokenizer = vocabulary_json(*model.vocabulary(), file.metadata());
  out.set("tokenizer", std::move(tokenizer));

  Json recipes = Json::array();
  for (const LayerRecipe& recipe : in.recipes) {
    Json entry = Json::object();
    entry.set("first_layer", std::uint64_t{recipe.first});
    entry.set("last_layer", std::uint64_t{recipe.last});
    entry.set("recipe", recipe.name);
    entry.set("types", recipe.types);
    recipes.push(std::move(entry));
  }
  out.set("recipes", std::move(recipes));

  Json kinds = Json::array();
  for (const KindOfWeights& kind : in.kinds) {
    Json entry = Json::object();
    entry.set("kind", kind.kind);
    entry.set("types", kind.types);
    entry.set("tensors", kind.tensors);
    entry.set("file_bytes", kind.file_bytes);
    entry.set("token_bytes", kind.token_bytes);
    kinds.push(std::move(entry));
  }
  out.set("weights", std::move(kinds));
  out.set("memory", plan_json(in.plan, in.machine_bytes));
  out.set("token_bytes", token_json(in.plan));

  if (with_tensors) {
    Json list = Json::array();
    for (const gguf::Tensor& tensor : file.tensors()) {
      Json entry = Json::object();
      entry.set("name", tensor.name);
      entry.set("type", quant::info(tensor.type).name);
      Json dims = Json::array();
      for (std::uint32_t d = 0; d < tensor.rank; ++d) dims.push(tensor.dims[d]);
      entry.set("dims", std::move(dims));
      entry.set("bytes", tensor.bytes);
      entry.set("offset", tensor.offset);
      entry.set("part", std::uint64_t{tensor.part});
      list.push(std::move(entry));
    }
    out.set("tensor_list", std::move(list));
  }
  return out;
}

Json vocabulary_json(const text::Vocabulary& vocabulary, const gguf::Metadata& keys) {
  Json out = Json::object();
  out.set("tokens", static_cast<std::uint64_t>(vocabulary.size()));
  out.set("merges", static_cast<std::uint64_t>(vocabulary.merges().size()));
  out.set("pre", *keys.text("tokenizer.ggml.pre"));
  return out;
}

}  // namespace ds4::cli
