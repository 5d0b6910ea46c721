// The files that are published for this program, and what is known of each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ds4::download {

// The repository's files have their names behind this; it is what --base-url replaces.
inline constexpr std::string_view kRepositoryHost = "https://huggingface.co";
inline constexpr std::string_view kRepositoryPath = "/antirez/deepseek-v4-gguf/resolve/main";

enum class Family { flash, vision, pro };
enum class FileKind {
  main,     // a model that can be talked with
  support,  // something that goes with one
  part,     // layers of a model
};

struct PublishedFile {
  std::string_view name;  // what people type
  std::string_view file;
  Family family;
  FileKind kind;
  std::string_view about;
  std::uint64_t bytes = 0;
  bool is_size_exact = false;    // else near enough to plan with
  std::string_view sha256 = {};  // empty: not recorded
  bool is_current = true;        // nothing newer took its place
};

// In the order to show them: by family, smaller ones first, those that were replaced at the end.
std::span<const PublishedFile> catalog();

// By name, or by the name of the file; null if there is none.
const PublishedFile* find_published(std::string_view name);

}  // namespace ds4::download
