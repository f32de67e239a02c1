// From a file or a preset, the environment and --set to a checked scenario, pipeline or settings. Says everything that
// is wrong at once. Leaves the meaning of expressions to analytics/.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "config/ingest.hpp"
#include "config/pipeline.hpp"
#include "config/problem.hpp"
#include "config/scenario.hpp"
#include "config/source_map.hpp"

namespace throng::config {

/// What lies over the file, weakest first: environment (`THRONG_KAFKA__BROKERS`), then `--set PATH=VALUE`.
struct load_options {
  /// The process's environment, or a test's. `${NAME}` in strings and `THRONG_A__B` come from here.
  std::map<std::string, std::string> environment;
  std::vector<std::pair<std::string, std::string>> sets;
  /// What `now` and relative starts refer to.
  timestamp now;
};

/// The environment of this process.
std::map<std::string, std::string> process_environment();

template <class T>
struct loaded {
  T value;
  source_map source;
  std::string path; ///< of `value` in the document: empty, or `[1]` for the second pipeline of an array
  /// Of a scenario: what may change while its world runs, populations, incidents and trouble, as the document has it in the end.
  boost::json::object tunable{};
};

/// Problems come in the order of their places; those of overlays last.
/// @param file_or_preset a path; or, if no such file exists, the name of a preset
///
/// `THRONG_A__B` counts where `a` is a top-level key of a scenario; other variables are not ours. Every `--set` counts.
/// Pipelines are looked for beside the scenario's file, then as a path, then among the presets; one that is in none of them is
/// a problem. Those found beside the scenario are returned with its folder before their name.
checked<loaded<scenario>> load_scenario(const std::string& file_or_preset, const load_options& options);

/// A pipeline takes `--set` whose PATH begins with a pipeline's key other than `name` (for every pipeline of the file) or, in
/// an array, with an index. All else is left to load_scenario or load_settings, one of which every command calls; so the
/// options may be passed to all. No environment variable lies over a pipeline; `${NAME}` works.
checked<std::vector<loaded<pipeline>>> load_pipelines(const std::string& file_or_preset, const load_options& options);

/// @param file of --settings; empty: the defaults, with what lies over them
/// `--set` for pipelines (see load_pipelines) is left alone.
checked<loaded<settings>> load_settings(const std::string& file, const load_options& options);

/// Every `--set` counts, and no environment variable but by `${NAME}`.
checked<loaded<ingest>> load_ingest(const std::string& file_or_preset, const load_options& options);

/// The text of a scenario's file or preset, and the same from a text that stood in it.
checked<std::string> scenario_text(const std::string& file_or_preset);
checked<loaded<scenario>> load_scenario_text(std::string_view text, const std::string& file_or_preset,
                                             const load_options& options);

/// The same from text; `name` stands for the file in problems, and its folder is not looked into.
checked<loaded<scenario>> parse_scenario(std::string_view text, const std::string& name, const load_options& options);
checked<std::vector<loaded<pipeline>>> parse_pipelines(std::string_view text, const std::string& name,
                                                       const load_options& options);
checked<loaded<ingest>> parse_ingest(std::string_view text, const std::string& name, const load_options& options);

/// A compiled-in file, with its comments.
struct preset {
  std::string_view name;
  std::string_view text;
};

const std::vector<preset>& scenario_presets();
const std::vector<preset>& pipeline_presets();
const std::vector<preset>& ingest_presets();

/// JSON Schema (draft 7), for editors and for us.
std::string_view scenario_schema();
std::string_view pipeline_schema();
std::string_view ingest_schema();

} // namespace throng::config
