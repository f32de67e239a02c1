#include <string>

#include "config/embedded_text.hpp"
#include "config/load.hpp"

namespace throng::config {

namespace {

std::vector<preset> presets_in(std::string_view folder) {
  constexpr std::string_view ending = ".json";
  std::vector<preset> result;
  for (const auto& file : embedded_texts()) {
    if (file.path.substr(0, folder.size()) != folder)
      continue;
    auto name = file.path.substr(folder.size());
    name.remove_suffix(ending.size());
    result.push_back({name, file.text});
  }
  return result;
}

std::string_view text_of(std::string_view path) {
  for (const auto& file : embedded_texts())
    if (file.path == path)
      return file.text;
  return {};
}

} // namespace

const std::vector<preset>& scenario_presets() {
  static const auto presets = presets_in("scenarios/");
  return presets;
}

const std::vector<preset>& pipeline_presets() {
  static const auto presets = presets_in("pipelines/");
  return presets;
}

const std::vector<preset>& ingest_presets() {
  static const auto presets = presets_in("ingests/");
  return presets;
}

std::string_view scenario_schema() {
  static const auto text = text_of("schema/scenario.schema.json");
  return text;
}

std::string_view pipeline_schema() {
  static const auto text = text_of("schema/pipeline.schema.json");
  return text;
}

std::string_view ingest_schema() {
  static const auto text = text_of("schema/ingest.schema.json");
  return text;
}

} // namespace throng::config
