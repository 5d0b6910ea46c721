// Holds the picture of docs/architecture.md to be true: walks every #include of the product.
#include "tests/floors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <vector>

namespace ds4 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The complaint about one line in one file of a small made-up tree; "" for none.
std::string judge(const std::string& file, const std::string& line) {
  static const std::set<std::string> tree = {
      "include/ds4/result.h", "src/base/json.h",    "src/base/bytes.h",     "src/quant/type.h",
      "src/text/span.h",      "src/gguf/file.h",    "src/model/shape.h",    "src/engine/session.h",
      "src/api/openai.h",     "apps/cli/inspect.h", "apps/gguf/commands.h", "apps/shared/console.h",
      "src/quant/lanes.inc",  "tests/golden.h",     "src/new/thing.h"};
  const auto include = read_include(line);
  if (!include) return "no include";
  return complain(file, *include, [](const std::string& path) { return tree.count(path) == 1; })
      .value_or("");
}

TEST(floors, downwards_and_inside_a_folder_is_free) {
  EXPECT_EQ(judge("src/gguf/file.cpp", "#include \"gguf/file.h\""), "");
  EXPECT_EQ(judge("src/gguf/file.cpp", "#include \"quant/type.h\""), "");
  EXPECT_EQ(judge("src/base/json.h", "#include \"ds4/result.h\""), "");
  EXPECT_EQ(judge("src/base/json.cpp", "#include <nlohmann/json.hpp>"), "");
  EXPECT_EQ(judge("src/quant/q2_k.cpp", "  #  include \"lanes.inc\""), "");
  EXPECT_EQ(judge("src/gguf/file_test.cpp", "#include \"tests/golden.h\""), "");
  EXPECT_EQ(judge("src/api/openai.cpp", "#include \"base/json.h\""), "");
  EXPECT_EQ(judge("apps/cli/main.cpp", "#include \"model/shape.h\""), "");
  EXPECT_EQ(judge("apps/cli/main.cpp", "#include \"cli/inspect.h\""), "");
  EXPECT_EQ(judge("apps/cli/main.cpp", "#include \"shared/console.h\""), "");
  EXPECT_EQ(judge("apps/shared/command_line.h", "#include <CLI/CLI.hpp>"), "");
  EXPECT_EQ(judge("apps/gguf/main.cpp", "#include \"gguf/commands.h\""), "");
  EXPECT_EQ(judge("apps/gguf/main.cpp", "#include \"gguf/file.h\""), "");
}

TEST(floors, upwards_and_sideways_is_refused) {
  EXPECT_EQ(judge("src/quant/type.cpp", "#include \"gguf/file.h\""),
            "(floor 2) includes src/gguf/file.h (floor 3)");
  EXPECT_THAT(judge("src/quant/type.cpp", "#include \"text/span.h\""), HasSubstr("(floor 2)"));
  EXPECT_THAT(judge("include/ds4/result.h", "#include \"base/json.h\""), HasSubstr("(floor 1)"));
  EXPECT_THAT(judge("src/convert/recipe.cpp", "#include \"engine/session.h\""),
              HasSubstr("(floor 6)"));
  EXPECT_THAT(judge("src/model/shape.cpp", "#include \"shared/console.h\""),
              HasSubstr("not in the tree"));
}

TEST(floors, front_ends_see_the_face_and_base_only) {
  EXPECT_THAT(judge("src/api/openai.cpp", "#include \"text/span.h\""), HasSubstr("(floor 7)"));
  EXPECT_THAT(judge("src/http/server.cpp", "#include \"api/openai.h\""), HasSubstr("(floor 7)"));
}

TEST(floors, programs_share_through_one_folder) {
  EXPECT_THAT(judge("apps/cli/main.cpp", "#include \"gguf/commands.h\""),
              HasSubstr("of another program"));
}

TEST(floors, libraries_stay_where_they_are) {
  EXPECT_THAT(judge("src/text/render.cpp", "#include <nlohmann/json.hpp>"),
              HasSubstr("base/json.h"));
  EXPECT_THAT(judge("apps/cli/pull.cpp", "#include <curl/curl.h>"), HasSubstr("src/download"));
  EXPECT_EQ(judge("src/download/request.cpp", "#include <curl/curl.h>"), "");
  EXPECT_THAT(judge("apps/cli/inspect.cpp", "#include <CLI/CLI.hpp>"), HasSubstr("command_line.h"));
  EXPECT_THAT(judge("include/ds4/result.h", "#include <fmt/core.h>"), HasSubstr("the face"));
  EXPECT_THAT(judge("include/ds4/result.h", "#include <unistd.h>"), HasSubstr("the face"));
  EXPECT_THAT(judge("src/gguf/file.cpp", "#include <gguf/file.h>"), HasSubstr("in quotes"));
}

TEST(floors, an_unknown_folder_is_refused) {
  EXPECT_THAT(judge("src/new/thing.cpp", "#include <vector>"), HasSubstr("has no floor"));
  EXPECT_THAT(judge("src/model/shape.cpp", "#include \"new/thing.h\""), HasSubstr("has no floor"));
  EXPECT_THAT(judge("src/loose.cpp", "#include <vector>"), HasSubstr("has no floor"));
}

TEST(floors, the_tree_keeps_them) {
  const fs::path root = DS4_SOURCE_DIR;
  const auto exists = [&root](const std::string& path) { return fs::is_regular_file(root / path); };
  int includes = 0;
  std::set<std::string_view> folders;
  for (const char* top : {"include", "src", "apps"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (!entry.is_regular_file()) continue;
      const std::string file = fs::relative(entry.path(), root).generic_string();
      if (file == "apps/CMakeLists.txt") continue;
      const Folder* folder = folder_of(file);
      EXPECT_NE(folder, nullptr) << file << " is in a folder that has no floor";
      if (folder != nullptr) folders.insert(folder->path);
      std::ifstream in(entry.path());
      std::string line;
      for (int number = 1; std::getline(in, line); ++number) {
        const auto include = read_include(line);
        if (!include) continue;
        ++includes;
        const auto complaint = complain(file, *include, exists);
        EXPECT_FALSE(complaint) << file << ":" << number << " " << *complaint;
      }
    }
  }
  // A walk that finds nothing proves nothing.
  EXPECT_GT(includes, 100);
  EXPECT_GE(folders.size(), 8U);
}

TEST(floors, the_architecture_page_names_each_folder_with_its_floor) {
  std::ifstream in(DS4_SOURCE_DIR "/docs/architecture.md");
  std::map<std::string, std::string> lines;
  for (std::string line; std::getline(in, line);) {
    const auto start = line.find_first_not_of(' ');
    if (start == std::string::npos) continue;
    const auto end = line.find_first_of(" ", start);
    lines[line.substr(start, end - start)] = line;
  }
  for (const Folder& folder : kFolders) {
    const std::string name = std::string(folder.path) + "/";
    if (!fs::is_directory(fs::path(DS4_SOURCE_DIR) / folder.path)) continue;
    ASSERT_EQ(lines.count(name), 1U) << name;
    EXPECT_THAT(lines[name], HasSubstr("  " + std::to_string(folder.floor) + "  "));
  }
}

}  // namespace
}  // namespace ds4
