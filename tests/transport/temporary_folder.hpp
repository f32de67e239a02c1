// A folder that is gone with the test.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <stdlib.h>

namespace throng::transport::testing {

class temporary_folder {
public:
  temporary_folder() {
    auto name = (std::filesystem::temp_directory_path() / "throng-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::runtime_error{"no temporary folder"};
    path_ = name;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::string& path() const {
    return path_;
  }
  void write(const std::string& name, std::string_view content) const {
    std::ofstream{path_ + "/" + name, std::ios::binary} << content;
  }
  std::string read(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream{path_ + "/" + name, std::ios::binary}.rdbuf();
    return all.str();
  }

private:
  std::string path_;
};

} // namespace throng::transport::testing
