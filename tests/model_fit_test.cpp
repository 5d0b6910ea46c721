// What `ds4 pull` advises for machines that are not this one.
#include "cli/model_fit.h"

#include <gtest/gtest.h>

namespace ds4::cli {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Fit fit(const char* name, std::uint64_t machine_gib) {
  return fit_of(needs_of(*download::find_published(name)), machine_gib * kGiB);
}

std::string_view advice(std::uint64_t machine_gib) {
  const download::PublishedFile* file = recommended(machine_gib * kGiB);
  return file == nullptr ? "none" : file->name;
}

// What each takes is worked out by hand from the sizes of docs and files: 80.8 GiB of weights do
// not fit into 64 or 80 GiB, and do into 96 beside the system.
TEST(model_fit, has_three_degrees) {
  EXPECT_EQ(fit("ds4f-q2", 96), Fit::in_memory);
  EXPECT_EQ(fit("ds4f-q2", 80), Fit::from_disk);
  EXPECT_EQ(fit("ds4f-q2", 16), Fit::from_disk);
  EXPECT_EQ(fit("ds4f-q2", 8), Fit::too_large);
  EXPECT_EQ(fit("ds4f-q4", 128), Fit::from_disk);
  EXPECT_EQ(fit("ds4f-q4", 192), Fit::in_memory);
  EXPECT_EQ(fit("pro-q2", 512), Fit::in_memory);
  EXPECT_EQ(fit("pro-q2", 384), Fit::from_disk);
  EXPECT_EQ(fit("pro-q2", 24), Fit::too_large);
  EXPECT_EQ(fit("ds4f-q2", 0), Fit::unknown);
}

TEST(model_fit, names_the_machine_to_have) {
  const auto machine = [](const char* name) {
    return needs_of(*download::find_published(name)).machine_bytes / kGiB;
  };
  EXPECT_EQ(machine("ds4f-q2"), 96u);
  EXPECT_EQ(machine("ds4f-mxfp4"), 192u);
  EXPECT_EQ(machine("pro-q2"), 512u);
}

TEST(model_fit, advises_the_best_that_fits) {
  EXPECT_EQ(advice(512), "ds4f-mxfp4");
  EXPECT_EQ(advice(128), "ds4f-q2-q4");
  EXPECT_EQ(advice(90), "ds4f-q2");
  EXPECT_EQ(advice(32), "ds4f-q2");
  EXPECT_EQ(advice(8), "none");
}

}  // namespace
}  // namespace ds4::cli
