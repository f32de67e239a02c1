#include "sinks/parquet.hpp"

#include <filesystem>
#include <optional>

#include <dlfcn.h>
#include <fmt/format.h>

#include "sinks/parquet_module.hpp"

namespace throng::sinks {

namespace {

/// Beside the program, as it is built, or in the folder of the installed one.
std::optional<std::filesystem::path> module_path() {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& folder : {program, program / "../lib/throng", std::filesystem::path{THRONG_BUILD_FOLDER}})
    if (auto path = folder / parquet_module_file; std::filesystem::exists(path, ignored))
      return path;
  return std::nullopt;
}

expected<parquet_writer*> load() {
  const auto path = module_path();
  if (!path)
    return fail(error_kind::invalid,
                "format parquet: this throng was built without Apache Arrow; build it with Arrow's C++ "
                "libraries or the pyarrow wheel at hand (./dev install), or take ndjson or csv");
  auto* module = dlopen(path->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr)
    return fail(error_kind::invalid, fmt::format("format parquet: {} can't be loaded: {}", path->string(), dlerror()));
  auto* found = dlsym(module, parquet_module_function);
  if (found == nullptr)
    return fail(error_kind::internal, fmt::format("{} is of another version: {}", path->string(), dlerror()));
  return reinterpret_cast<parquet_writer*>(found);
}

const expected<parquet_writer*>& writer() {
  static const auto loaded = load();
  return loaded;
}

} // namespace

expected<void> check_parquet() {
  if (const auto& found = writer(); !found)
    return tl::unexpected{found.error()};
  return {};
}

expected<std::string> to_parquet(const column_table& table, config::sink_compression how) {
  if (auto checked = check_parquet(); !checked)
    return tl::unexpected{checked.error()};
  std::string made;
  if (!(**writer())(&table, how == config::sink_compression::zstd, &made))
    return fail(error_kind::internal, fmt::format("Arrow does not write the table: {}", made));
  return made;
}

} // namespace throng::sinks
