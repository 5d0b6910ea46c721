// A folder that stands in for "/" in tests of code that reads /proc and /sys.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ds4 {

class SystemTree : public testing::Test {
 protected:
  ~SystemTree() override { std::filesystem::remove_all(root); }

  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << text;
  }

  const std::string root =
      (std::filesystem::temp_directory_path() / ("ds4_system_" + std::to_string(::getpid())))
          .string() +
      "/";
};

}  // namespace ds4
