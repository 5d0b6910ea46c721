// `ds4-gguf compare`.
#include "convert/compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "gguf/commands.h"
#include "shared/console.h"

namespace ds4::gguf_tool {

namespace {

using convert::Comparison;
using convert::Difference;

// Tensors of a kind with the same pair of types, added up.
struct Group {
  std::string kind, types;
  std::size_t tensors = 0;
  Difference difference;
};

std::string types_of(const convert::TensorComparison& tensor) {
  return fmt::format("{} / {}", quant::info(tensor.type_a).name, quant::info(tensor.type_b).name);
}

std::vector<Group> summarise(const Comparison& comparison) {
  std::vector<Group> groups;
  for (const auto& tensor : comparison.tensors) {
    const std::string types = types_of(tensor);
    auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return group.kind == tensor.kind && group.types == types;
    });
    if (found == groups.end()) {
      groups.push_back({tensor.kind, types, 0, {}});
      found = groups.end() - 1;
    }
    ++found->tensors;
    found->difference.add(tensor.difference);
  }
  return groups;
}

std::string figures(const Difference& d) {
  return fmt::format("{:>10.3g} {:>10.3g} {:>9.5f} {:>9.6f}", d.largest, d.rms(), d.relative_rms(),
                     d.cosine());
}

void put_figures(Json& out, const Difference& d) {
  out.set("values", d.count);
  out.set("max", d.largest);
  out.set("rms", d.rms());
  out.set("relative_rms", d.relative_rms());
  out.set("cosine", d.cosine());
}

void print_text(const Comparison& comparison, bool tensors) {
  constexpr const char* kHead = "{:<34} {:>10} {:>10} {:>9} {:>9}\n";
  if (tensors) {
    print(fmt::format(kHead, "tensor", "max", "rms", "relative", "cosine"));
    for (const auto& tensor : comparison.tensors) {
      print(fmt::format("{:<34} {}\n", printable(tensor.name), figures(tensor.difference)));
    }
    print("\n");
  }
  print(fmt::format(kHead, "kind (types A / B, tensors)", "max", "rms", "relative", "cosine"));
  Difference total;
  for (const Group& group : summarise(comparison)) {
    total.add(group.difference);
    print(fmt::format("{}\n  {:<32} {}\n", group.kind,
                      fmt::format("{}, {}", group.types, group.tensors),
                      figures(group.difference)));
  }
  print(fmt::format("{:<34} {}\n", fmt::format("all, {}", comparison.tensors.size()),
                    figures(total)));
}

void report_rest(const Comparison& comparison) {
  const auto list = [](const char* what, const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 5;
    if (names.empty()) return;
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) {
      text += (i > 0 ? ", " : "") + printable(names[i]);
    }
    if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
    report(fmt::format("{}: {}", what, text));
  };
  list("only in A", comparison.only_in_a);
  list("only in B", comparison.only_in_b);
  list("not comparable (other shape, or a type without a decoder)", comparison.other_shape);
}

void print_json(const Comparison& comparison) {
  Json tensors = Json::array();
  for (const auto& tensor : comparison.tensors) {
    Json entry = Json::object();
    entry.set("name", tensor.name);
    entry.set("kind", tensor.kind);
    entry.set("type_a", quant::info(tensor.type_a).name);
    entry.set("type_b", quant::info(tensor.type_b).name);
    put_figures(entry, tensor.difference);
    tensors.push(std::move(entry));
  }
  Json kinds = Json::array();
  for (const Group& group : summarise(comparison)) {
    Json entry = Json::object();
    entry.set("kind", group.kind);
    entry.set("types", group.types);
    entry.set("tensors", static_cast<std::uint64_t>(group.tensors));
    put_figures(entry, group.difference);
    kinds.push(std::move(entry));
  }
  const auto names = [](const std::vector<std::string>& list) {
    Json out = Json::array();
    for (const std::string& name : list) out.push(name);
    return out;
  };
  Json out = Json::object();
  out.set("tensors", std::move(tensors));
  out.set("kinds", std::move(kinds));
  out.set("only_in_a", names(comparison.only_in_a));
  out.set("only_in_b", names(comparison.only_in_b));
  out.set("not_comparable", names(comparison.other_shape));
  print(to_text(out, JsonStyle::pretty) + "\n");
}

Result<void> compare_files(const CompareCommand& command) {
  TRY(const gguf::File a, gguf::File::open(command.a));
  TRY(const gguf::File b, gguf::File::open(command.b));
  convert::CompareOptions options;
  options.threads = command.threads;
  ProgressBar progress({.label = "comparing",
                        .total = convert::comparable_weights(a, b),
                        .unit = ProgressUnit::items,
                        .items = "weights"});
  options.on_progress = [&](std::uint64_t weights) { progress.add(weights); };
  TRY(const Comparison comparison, convert::compare(a, b, options));
  if (comparison.tensors.empty()) {
    return fail(Code::bad_argument, command.a, " and ", command.b, " have no tensor in common");
  }
  progress.finish();
  if (command.json) {
    print_json(comparison);
  } else {
    print_text(comparison, command.tensors);
    report_rest(comparison);
  }
  return {};
}

}  // namespace

int run(const CompareCommand& command) {
  const auto done = compare_files(command);
  return done.ok() ? 0 : report(done.error().message);
}

}  // namespace ds4::gguf_tool
