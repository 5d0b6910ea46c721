// The form for people: short lines that fit 80 columns.
#include <fmt/format.h>

#include <algorithm>

#include "base/human.h"
#include "base/utf8.h"
#include "cli/inspection.h"

namespace ds4::cli {

namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kLabelColumns = 13;

class Page {
 public:
  explicit Page(bool styled) : styled_(styled) {}

  void title(std::string_view text) { line(style("1", text)); }
  void heading(std::string_view text) {
    line("");
    line(style("1", text));
  }
  void line(std::string_view text) {
    out_ += text;
    out_ += '\n';
  }
  std::string style(std::string_view code, std::string_view text) const {
    return styled_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
  }

  // "  label     text", the text wrapped at spaces under itself.
  void entry(std::string_view label, std::string_view text) {
    std::string prefix = fmt::format("  {:<{}}", label, kLabelColumns - 2);
    const std::size_t room = kColumns - kLabelColumns;
    while (true) {
      std::size_t cut = text.size();
      if (text.size() > room) {
        cut = text.rfind(' ', room);
        if (cut == std::string_view::npos || cut == 0) cut = std::min(text.find(' '), text.size());
      }
      line(prefix + std::string(text.substr(0, cut)));
      if (cut >= text.size()) return;
      text.remove_prefix(cut + 1);
      prefix.assign(kLabelColumns, ' ');
    }
  }

  std::string take() { return std::move(out_); }

 private:
  bool styled_;
  std::string out_;
};

// "256.00 KiB" in a column of its own.
std::string size_column(std::uint64_t bytes) {
  return bytes == 0 ? fmt::format("{:>12}", "-") : fmt::format("{:>12}", human_bytes(bytes));
}

std::string short_number(double value) {
  return fmt::format("{:g}", value);
}

void describe_shape(Page& page, const model::ModelFile& model, const Inspection& in) {
  const model::Shape& s = model.shape();
  page.heading("Model");
  if (in.known.differences.empty()) {
    page.entry("shape", fmt::format("DeepSeek V4 {}", in.known.name));
  } else {
    page.entry("shape", fmt::format("{}; against {}: {}", in.known.name, in.known.closest,
                                    fmt::join(in.known.differences, ", ")));
  }
  page.entry("size", fmt::format("{} layers, width {}, {} heads of {}, vocabulary {}", s.layers,
                                 s.width, s.heads, s.head_width, human_count(s.vocabulary)));
  page.entry("attention",
             fmt::format("{} layers window only, {} indexed (4:1), {} whole (128:1); window {}, "
                         "top {} of the index",
                         s.layers_of_ratio(0), s.layers_of_ratio(model::kIndexedRatio),
                         s.layers_of_ratio(model::kWholeRatio), s.window, s.index_top_k));
  page.entry("experts",
             fmt::format("{} of {} routed, 1 shared, width {}; {} layers routed by token",
                         s.experts_used, s.experts, s.expert_width, s.hash_layers));
  page.entry("context", fmt::format("{} tokens; rope {} and {}, YaRN {}x over {}",
                                    human_count(s.context_tokens), short_number(s.rope_base),
                                    short_number(s.compress_rope_base), short_number(s.rope_factor),
                                    human_count(s.rope_original_tokens)));
  const bool preview = s.revision == model::TemplateRevision::preview;
  page.entry("template", preview ? "preview" : "0731");
  page.entry("drafter", in.drafter);
  if (const auto variant = model.file().metadata().text("deepseek4.checkpoint_variant");
      variant.ok()) {
    page.entry("variant", printable(*variant) + " (its vision encoder is another file; text only)");
  }
  page.entry("tokenizer", model.vocabulary()
                              ? describe_vocabulary(*model.vocabulary(), model.file().metadata())
                              : "none: the file takes and gives token ids only");
  for (const LayerRecipe& recipe : in.recipes) {
    const std::string layers = recipe.first == recipe.last
                                   ? fmt::format("layer {}", recipe.first)
                                   : fmt::format("layers {}-{}", recipe.first, recipe.last);
    page.entry(&recipe == &in.recipes.front() ? "recipe" : "",
               fmt::format("{}: {} (gate/up/down {})", layers, recipe.name, recipe.types));
  }
}

void describe_weights(Page& page, const Inspection& in) {
  page.heading("Weights");
  page.line(page.style("2", fmt::format("  {:<24}{:<19}{:>8}{:>12}{:>13}", "kind", "type",
                                        "tensors", "file", "per token")));
  std::uint64_t tensors = 0;
  for (const KindOfWeights& kind : in.kinds) {
    tensors += kind.tensors;
    page.line(fmt::format("  {:<24}{:<19}{:>8}{}{:>13}", kind.kind, kind.types,
                          human_count(kind.tensors), size_column(kind.file_bytes),
                          kind.token_bytes == 0 ? "-" : human_bytes(kind.token_bytes)));
  }
  page.line(page.style("1", fmt::format("  {:<43}{:>8}{}{:>13}", "total", human_count(tensors),
                                        size_column(in.plan.weight_bytes()),
                                        human_bytes(in.plan.token_weight_bytes))));
}

void describe_memory(Page& page, const Inspection& in) {
  const model::MemoryPlan& plan = in.plan;
  const model::StateBytes& state = plan.state;
  page.heading(fmt::format("Memory, one session of {} tokens", human_count(plan.context_tokens)));
  const auto row = [&](std::string_view name, std::uint64_t bytes, std::string_view note) {
    const std::string line = fmt::format("  {:<20}{}", name, size_column(bytes));
    page.line(note.empty() ? line : fmt::format("{}  {}", line, note));
  };
  row("routed experts", plan.routed_bytes, "may stay on SSD and be read as needed");
  row("other weights", plan.resident_bytes, "");
  if (plan.drafter_bytes > 0) row("drafter", plan.drafter_bytes, "");
  row("session state", state.total(),
      fmt::format("{} rows, {} index, {} window", human_bytes(state.rows),
                  human_bytes(state.index_rows), human_bytes(state.window + state.partial)));
  row("scratch", plan.scratch_bytes, fmt::format("batches of up to {} rows", model::kBatchRows));
  const std::uint64_t total = plan.total_bytes();
  std::string verdict;
  if (in.machine_bytes > 0) {
    verdict = total <= in.machine_bytes
                  ? fmt::format("fits: this machine has {}", human_bytes(in.machine_bytes))
                  : fmt::format("more than this machine has ({})", human_bytes(in.machine_bytes));
  }
  page.line(page.style("1", fmt::format("  {:<20}{}", "total", size_column(total))) + "  " +
            verdict);
  page.line(fmt::format("  {:<20}{:>12}  a token of context", "state grows by",
                        human_bytes(plan.state_bytes_per_token)));
}

void describe_token(Page& page, const Inspection& in) {
  const model::MemoryPlan& plan = in.plan;
  page.heading("A decoded token reads");
  const std::uint64_t late =
      plan.token_weight_bytes + plan.token_indexer_bytes + plan.token_row_bytes;
  page.line(fmt::format("  {} at a short context, {} at {} tokens",
                        human_bytes(plan.token_weight_bytes), human_bytes(late),
                        human_count(plan.context_tokens)));
  const double per_second = 100e9 / static_cast<double>(plan.token_weight_bytes);
  page.line(fmt::format("  so at most {} tokens a second for every 100 GB/s of memory speed",
                        per_second < 100 ? fmt::format("{:.1f}", per_second)
                                         : human_count(static_cast<std::uint64_t>(per_second))));
}

}  // namespace

std::string describe(const model::ModelFile& model, const Inspection& in, bool styled) {
  const gguf::File& file = model.file();
  Page page(styled);
  const auto name = file.metadata().text("general.name");
  page.title(name.ok() ? printable(*name, 78) : "DeepSeek V4 model");
  std::string where = printable(file.part(0).path(), 300);
  if (file.part_count() > 1) where += fmt::format(" and {} more parts", file.part_count() - 1);
  page.line(where);
  page.line(fmt::format("GGUF v3, {}, {} tensors, {} keys", human_bytes(file.size_bytes()),
                        human_count(file.tensors().size()),
                        human_count(file.metadata().entries().size())));
  if (model.unknown_tensors() > 0) {
    page.line(fmt::format("{} tensors belong to nothing known here and are ignored",
                          model.unknown_tensors()));
  }
  describe_shape(page, model, in);
  describe_weights(page, in);
  describe_memory(page, in);
  describe_token(page, in);
  return page.take();
}

std::string describe_vocabulary(const text::Vocabulary& vocabulary, const gguf::Metadata& keys) {
  return fmt::format("{} tokens, {} merges, {}", human_count(vocabulary.size()),
                     human_count(vocabulary.merges().size()), *keys.text("tokenizer.ggml.pre"));
}

std::string list_tensors(const gguf::File& file) {
  std::string out;
  for (const gguf::Tensor& tensor : file.tensors()) {
    out += fmt::format("{:<36} {:<8} {:<20} {:>11}\n", printable(tensor.name),
                       quant::info(tensor.type).name, gguf::describe_dims(tensor),
                       human_bytes(tensor.bytes));
  }
  return out;
}

}  // namespace ds4::cli
