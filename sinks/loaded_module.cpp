#include "sinks/loaded_module.hpp"

#include <filesystem>
#include <optional>

#include <dlfcn.h>
#include <fmt/format.h>

namespace throng::sinks {

namespace {

/// Beside the program, as it is built, or in the folder of the installed one.
std::optional<std::filesystem::path> module_path(const std::string& file) {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& folder : {program, program / "../lib/throng", std::filesystem::path{THRONG_BUILD_FOLDER}})
    if (auto path = folder / file; std::filesystem::exists(path, ignored))
      return path;
  return std::nullopt;
}

} // namespace

expected<void*> load_function(const loadable& module, const char* function, const std::string& what,
                              const std::string& instead) {
  const auto path = module_path(module.file);
  if (!path)
    return fail(error_kind::invalid,
                fmt::format("{}: this throng has no {}; install the package {}, or build it with {}, or {}", what,
                            module.library, module.package, module.built_by, instead));
  auto* loaded = dlopen(path->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr)
    return fail(error_kind::invalid, fmt::format("{}: {} can't be loaded: {}", what, path->string(), dlerror()));
  auto* found = dlsym(loaded, function);
  if (found == nullptr)
    return fail(error_kind::internal, fmt::format("{} is of another version: {}", path->string(), dlerror()));
  return found;
}

} // namespace throng::sinks
