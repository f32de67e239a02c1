// The options by which commands take scenarios, pipelines and stores, and how they become values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "analytics/pipeline_plan.hpp"
#include "config/load.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// `--set`, `--seed`, `--duration`, `--speed`, `--store`: each is a --set of its own, weaker than one given by name.
struct overlay_options {
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  std::string duration;
  std::string speed;
  std::string store;

  /// @param world whether seed, duration and speed make sense
  void add_to(CLI::App& command, bool world);
  /// invalid: a --set without `=`.
  expected<config::load_options> resolve() const;
};

std::vector<std::string> names_of(const std::vector<config::preset>& presets);

/// The wall clock: `now` in files and options.
timestamp wall_now();

/// Loads and compiles pipelines, by file or preset. Every problem of all of them at once.
config::checked<std::vector<std::shared_ptr<const analytics::pipeline_plan>>>
compile_pipelines(const std::vector<std::string>& names, const config::load_options& options);

/// Opens `given`, else what the environment or the built-in settings say; for asking, unless told otherwise. not_found: there is no such file.
expected<std::unique_ptr<storage::result_store>> open_chosen_store(const std::string& given, bool read_only = true);

/// For work that writes: fails at once, not at the first result, where it can't be written.
expected<std::unique_ptr<storage::result_store>> open_writable_store(const std::string& uri);

} // namespace throng::service
