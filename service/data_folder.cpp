#include "service/data_folder.hpp"

#include <filesystem>

namespace throng::service {

std::optional<std::string> data_folder(const std::string& name) {
  std::error_code code;
  auto program = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code)
    return std::nullopt;
  auto folder = program.parent_path().parent_path() / "share" / "throng" / name;
  if (!std::filesystem::is_directory(folder, code))
    return std::nullopt;
  return folder.string();
}

} // namespace throng::service
