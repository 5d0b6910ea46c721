#include "base/system_files.h"

#include <gtest/gtest.h>

#include "base/system_tree_fixture.h"

namespace ds4 {
namespace {

class system_files : public SystemTree {};

TEST_F(system_files, are_read_up_to_a_limit) {
  put("short", "12\n");
  put("long", std::string(3 << 20, 'x'));
  EXPECT_EQ(read_system_file(root + "short"), "12\n");
  EXPECT_EQ(read_system_file(root + "long")->size(), std::size_t{1} << 20);
  EXPECT_FALSE(read_system_file(root + "none"));
  EXPECT_FALSE(read_system_file(root).has_value() && !read_system_file(root)->empty());
}

TEST_F(system_files, numbers_are_unsigned_and_fit) {
  EXPECT_EQ(leading_number("12 kB"), 12u);
  EXPECT_EQ(leading_number("  \t7"), 7u);
  EXPECT_EQ(leading_number("18446744073709551615"), ~std::uint64_t{0});
  for (const char* text : {"", " ", "max", "-1", "x1", "18446744073709551616", "\n5"}) {
    EXPECT_FALSE(leading_number(text)) << text;
  }
}

std::vector<std::string> paths(const std::vector<GroupFolder>& folders) {
  std::vector<std::string> out;
  for (const GroupFolder& folder : folders) out.push_back(folder.path);
  return out;
}

TEST_F(system_files, groups_go_up_to_the_top) {
  put("proc/self/cgroup", "garbage\n:\n0::/a/b\n");
  const auto folders = group_folders(root, "cpu");
  const std::string top = root + "sys/fs/cgroup";
  EXPECT_EQ(paths(folders), (std::vector<std::string>{top + "/a/b/", top + "/a/", top + "/"}));
  EXPECT_EQ(folders[0].version, 2);
}

TEST_F(system_files, groups_of_version_1_are_found_by_controller) {
  put("proc/self/cgroup", "9:cpuset:/s\n4:cpu,cpuacct:/a\n3:memory:/m\n");
  const auto folders = group_folders(root, "cpu");
  const std::string top = root + "sys/fs/cgroup/cpu";
  EXPECT_EQ(paths(folders), (std::vector<std::string>{top + "/a/", top + "/"}));
  EXPECT_EQ(folders[0].version, 1);
}

TEST_F(system_files, groups_outside_of_view_leave_the_top) {
  put("proc/self/cgroup", "0::/../../elsewhere\n");
  EXPECT_EQ(paths(group_folders(root, "cpu")), std::vector<std::string>{root + "sys/fs/cgroup/"});
  EXPECT_TRUE(group_folders(root + "none/", "cpu").empty());
}

}  // namespace
}  // namespace ds4
