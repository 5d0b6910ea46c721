#include "download/catalog.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "download/address.h"
#include "download/sha256.h"

namespace ds4::download {
namespace {

TEST(catalog, is_sound) {
  std::set<std::string_view> names, files, sums;
  for (const PublishedFile& file : catalog()) {
    EXPECT_TRUE(names.insert(file.name).second) << file.name;
    EXPECT_TRUE(files.insert(file.file).second) << file.file;
    EXPECT_TRUE(is_plain_file_name(file.file)) << file.file;
    EXPECT_GT(file.bytes, 900'000'000u) << file.name;
    EXPECT_LE(file.name.size(), 22u) << file.name;  // the columns of the list
    EXPECT_LE(file.about.size(), 21u) << file.name;
    if (file.sha256.empty()) continue;
    EXPECT_TRUE(is_sha256(file.sha256)) << file.name;
    EXPECT_TRUE(sums.insert(file.sha256).second) << file.name;
  }
  EXPECT_GE(names.size(), 20u);
}

TEST(catalog, files_have_two_names) {
  const PublishedFile* file = find_published("ds4f-dspark");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->bytes, 5'989'114'272u);
  EXPECT_TRUE(file->is_size_exact);
  EXPECT_EQ(file->kind, FileKind::support);
  EXPECT_EQ(find_published("DeepSeek-V4-Flash-DSpark-support-0731.gguf"), file);
  EXPECT_EQ(find_published("pro-q2-imatrix"), find_published("pro-q2"));
  EXPECT_EQ(find_published("ds4f"), nullptr);
  EXPECT_EQ(find_published(""), nullptr);
}

TEST(catalog, only_whole_models_are_main) {
  EXPECT_EQ(find_published("ds4f-q2")->kind, FileKind::main);
  EXPECT_EQ(find_published("ds4f-vision-encoder")->kind, FileKind::support);
  EXPECT_EQ(find_published("pro-q4-layers00-30")->kind, FileKind::part);
}

}  // namespace
}  // namespace ds4::download
