#include "config/load.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/document.hpp"
#include "config/json_text.hpp"
#include "config/overlay.hpp"
#include "config/readers.hpp"
#include "config/schema_check.hpp"

extern char** environ; // POSIX

namespace throng::config {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

/// What we compiled in is right, or the tests would fail: so this throws.
const json::value& scenario_schema_tree() {
  static const auto tree = json::parse(json::string_view{scenario_schema().data(), scenario_schema().size()});
  return tree;
}

const json::value& pipeline_schema_tree() {
  static const auto tree = json::parse(json::string_view{pipeline_schema().data(), pipeline_schema().size()});
  return tree;
}

/// A settings file is a scenario of nothing but its settings.
const json::value& settings_schema_tree() {
  static const auto tree = [] {
    const auto& scenario = scenario_schema_tree().as_object();
    json::object properties;
    for (const auto* key : {"$schema", "kafka", "store", "topics", "notify"})
      properties[key] = scenario.at("properties").at(key);
    json::object result{
        {"type", "object"}, {"additionalProperties", false}, {"definitions", scenario.at("definitions")}};
    result["properties"] = std::move(properties);
    return json::value(std::move(result));
  }();
  return tree;
}

std::vector<std::string> keys_of(const json::value& properties) {
  std::vector<std::string> result;
  for (const auto& property : properties.as_object())
    if (property.key() != "$schema")
      result.emplace_back(property.key());
  return result;
}

std::vector<std::string> scenario_keys() {
  return keys_of(scenario_schema_tree().at("properties"));
}
std::vector<std::string> settings_keys() {
  return keys_of(settings_schema_tree().at("properties"));
}
std::vector<std::string> pipeline_keys() {
  return keys_of(pipeline_schema_tree().at("definitions").at("pipeline").at("properties"));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether a PATH of --set speaks of pipelines rather than of settings.
bool is_for_pipelines(const std::string& path) {
  auto head = head_of(path);
  return head.empty() || (head != "name" && contains(pipeline_keys(), head));
}

tl::unexpected<problems> one_problem(const std::string& file, std::string sentence) {
  return tl::unexpected<problems>(problems{{file, 0, 0, {}, std::move(sentence)}});
}

checked<std::string> read_file(const std::string& file) {
  std::error_code ec;
  if (fs::is_directory(file, ec))
    return one_problem(file, "is a folder; a file is expected");
  auto size = fs::file_size(file, ec);
  // A pipe has no size; what it gives is bounded below.
  if (!ec && size > greatest_text)
    return one_problem(file, fmt::format("has {} bytes; a file of configuration may have {}", size, greatest_text));
  std::ifstream in{file, std::ios::binary};
  std::string text;
  if (in) {
    text.resize(greatest_text + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
  }
  if (!in && !in.eof())
    return one_problem(file, "cannot be read; is it yours to read?");
  return text;
}

bool exists(const std::string& file) {
  std::error_code ec;
  return !file.empty() && fs::exists(file, ec);
}

const preset* preset_named(const std::vector<preset>& presets, const std::string& name) {
  auto found = std::find_if(presets.begin(), presets.end(), [&](const preset& p) { return p.name == name; });
  return found == presets.end() ? nullptr : &*found;
}

std::string no_such(const std::string& name, const std::vector<preset>& presets) {
  std::vector<std::string> names;
  names.reserve(presets.size());
  for (const auto& one : presets)
    names.emplace_back(one.name);
  auto nearest = nearest_name(name, names);
  return nearest.empty() ? fmt::format("is neither a file nor a preset; presets are: {}", fmt::join(names, ", "))
                         : fmt::format("is neither a file nor a preset; did you mean the preset {}?", nearest);
}

checked<std::string> text_of(const std::string& file_or_preset, const std::vector<preset>& presets) {
  if (exists(file_or_preset))
    return read_file(file_or_preset);
  if (const auto* found = preset_named(presets, file_or_preset))
    return std::string{found->text};
  return one_problem(file_or_preset, no_such(file_or_preset, presets));
}

checked<document> read_document(std::string_view text, const std::string& name) {
  auto read = read_json(text, name);
  if (!read)
    return tl::unexpected<problems>(std::move(read.error()));
  document result;
  result.root = std::move(read->root);
  result.source = std::move(read->source);
  return result;
}

template <class T>
checked<loaded<T>> finished(document& in, T value) {
  if (!in.found.empty())
    return tl::unexpected<problems>(in.sorted());
  return loaded<T>{std::move(value), std::move(in.source), {}, {}};
}

/// @param folder of the scenario's file; empty if it is no file
void find_pipelines(document& in, scenario& of, const fs::path& folder) {
  for (std::size_t i = 0; i < of.pipelines.size(); ++i) {
    auto& name = of.pipelines[i];
    auto at = element_path("pipelines", i);
    auto beside = (folder / name).string();
    if (!folder.empty() && exists(beside))
      name = beside;
    else if (!exists(name) && !preset_named(pipeline_presets(), name))
      in.report(at, fmt::format("{} {}", in.shown(at, json::value(name)), no_such(name, pipeline_presets())));
  }
}

checked<loaded<scenario>> scenario_from(std::string_view text, const std::string& name, const fs::path& folder,
                                        const load_options& options) {
  auto in = read_document(text, name);
  if (!in)
    return tl::unexpected<problems>(std::move(in.error()));
  overlay_environment(*in, options.environment, scenario_keys());
  for (const auto& [path, value] : options.sets)
    overlay_set(*in, path, value);
  substitute_environment(*in, options.environment);
  check_schema(*in, scenario_schema_tree());
  auto result = read_scenario(*in, options.now);
  find_pipelines(*in, result, folder);
  auto made = finished(*in, std::move(result));
  if (made)
    for (const auto* key : {"populations", "incidents", "trouble"})
      if (const auto* part = in->root.get_object().if_contains(key))
        made->tunable[key] = *part;
  return made;
}

} // namespace

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> result;
  for (auto** entry = environ; entry && *entry; ++entry) {
    std::string_view text = *entry;
    auto split = text.find('=');
    if (split != std::string_view::npos)
      result.emplace(text.substr(0, split), text.substr(split + 1));
  }
  return result;
}

checked<loaded<scenario>> parse_scenario(std::string_view text, const std::string& name, const load_options& options) {
  return scenario_from(text, name, {}, options);
}

checked<std::string> scenario_text(const std::string& file_or_preset) {
  return text_of(file_or_preset, scenario_presets());
}

checked<loaded<scenario>> load_scenario_text(std::string_view text, const std::string& file_or_preset,
                                             const load_options& options) {
  const auto folder = exists(file_or_preset) ? fs::path{file_or_preset}.parent_path() : fs::path{};
  return scenario_from(text, file_or_preset, folder, options);
}

checked<loaded<scenario>> load_scenario(const std::string& file_or_preset, const load_options& options) {
  auto text = scenario_text(file_or_preset);
  if (!text)
    return tl::unexpected<problems>(std::move(text.error()));
  return load_scenario_text(*text, file_or_preset, options);
}

checked<std::vector<loaded<pipeline>>> parse_pipelines(std::string_view text, const std::string& name,
                                                       const load_options& options) {
  auto in = read_document(text, name);
  if (!in)
    return tl::unexpected<problems>(std::move(in.error()));
  std::vector<std::string> paths;
  if (const auto* array = in->root.if_array())
    for (std::size_t i = 0; i < array->size(); ++i)
      paths.push_back(element_path({}, i));
  else
    paths.emplace_back();
  for (const auto& [path, value] : options.sets) {
    if (!is_for_pipelines(path))
      continue;
    if (head_of(path).empty())
      overlay_set(*in, path, value);
    else
      for (const auto& one : paths)
        overlay_set(*in, member_path(one, path), value);
  }
  substitute_environment(*in, options.environment);
  check_schema(*in, pipeline_schema_tree());

  std::vector<pipeline> pipelines;
  for (std::size_t i = 0; i < paths.size(); ++i)
    pipelines.push_back(read_pipeline(*in, paths[i].empty() ? in->root : in->root.get_array()[i], paths[i]));
  check_together(*in, pipelines, paths);
  if (!in->found.empty())
    return tl::unexpected<problems>(in->sorted());
  std::vector<loaded<pipeline>> result;
  for (std::size_t i = 0; i < paths.size(); ++i)
    result.push_back({std::move(pipelines[i]), in->source, paths[i]});
  return result;
}

checked<std::vector<loaded<pipeline>>> load_pipelines(const std::string& file_or_preset, const load_options& options) {
  auto text = text_of(file_or_preset, pipeline_presets());
  if (!text)
    return tl::unexpected<problems>(std::move(text.error()));
  return parse_pipelines(*text, file_or_preset, options);
}

checked<loaded<ingest>> parse_ingest(std::string_view text, const std::string& name, const load_options& options) {
  static const auto schema = json::parse(json::string_view{ingest_schema().data(), ingest_schema().size()});
  auto in = read_document(text, name);
  if (!in)
    return tl::unexpected<problems>(std::move(in.error()));
  for (const auto& [path, value] : options.sets)
    overlay_set(*in, path, value);
  substitute_environment(*in, options.environment);
  check_schema(*in, schema);
  auto result = read_ingest(*in);
  return finished(*in, std::move(result));
}

checked<loaded<ingest>> load_ingest(const std::string& file_or_preset, const load_options& options) {
  auto text = text_of(file_or_preset, ingest_presets());
  if (!text)
    return tl::unexpected<problems>(std::move(text.error()));
  return parse_ingest(*text, file_or_preset, options);
}

checked<loaded<settings>> load_settings(const std::string& file, const load_options& options) {
  std::string text = "{}";
  if (!file.empty()) {
    if (!exists(file))
      return one_problem(file, "there is no such file");
    auto read = read_file(file);
    if (!read)
      return tl::unexpected<problems>(std::move(read.error()));
    text = std::move(*read);
  }
  auto in = read_document(text, file);
  if (!in)
    return tl::unexpected<problems>(std::move(in.error()));
  overlay_environment(*in, options.environment, settings_keys());
  for (const auto& [path, value] : options.sets)
    if (!is_for_pipelines(path))
      overlay_set(*in, path, value);
  substitute_environment(*in, options.environment);
  check_schema(*in, settings_schema_tree());
  auto result = read_settings(*in);
  return finished(*in, std::move(result));
}

} // namespace throng::config
