#include "service/input_options.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/lookup_files.hpp"

namespace throng::service {

void overlay_options::add_to(CLI::App& command, bool world) {
  command.add_option("--set", sets, "PATH=VALUE, over what the file says; VALUE is JSON or else text (repeatable)")
      ->allow_extra_args(false);
  if (world) {
    command.add_option("--seed", seed, "Another seed gives another world");
    command.add_option("--duration", duration, "How much virtual time, such as 30m");
    command.add_option("--speed", speed, "Virtual seconds a second, or max")->check(can_be({"max"}));
  }
  command.add_option("--store", store, "sqlite:FILE or mongodb://…");
}

expected<config::load_options> overlay_options::resolve() const {
  config::load_options result;
  result.environment = config::process_environment();
  result.now = wall_now();
  if (seed)
    result.sets.emplace_back("seed", std::to_string(*seed));
  if (!duration.empty())
    result.sets.emplace_back("duration", "\"" + duration + "\"");
  if (!speed.empty())
    result.sets.emplace_back("speed", speed == "max" ? "\"max\"" : speed);
  if (!store.empty())
    result.sets.emplace_back("store", store);
  for (const auto& set : sets) {
    auto equals = set.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(error_kind::invalid, fmt::format("--set {}: must be PATH=VALUE, as in --set seed=7", set));
    result.sets.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  return result;
}

std::vector<std::string> names_of(const std::vector<config::preset>& presets) {
  std::vector<std::string> names;
  names.reserve(presets.size());
  for (const auto& preset : presets)
    names.emplace_back(preset.name);
  return names;
}

timestamp wall_now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

namespace {

/// Says where the lookup files of a pipeline are, and everything that is wrong with them.
config::problems find_lookups(config::loaded<config::pipeline>& in, const std::string& pipeline_file) {
  config::problems found;
  auto folder = std::filesystem::path{pipeline_file}.parent_path();
  for (std::size_t i = 0; i < in.value.enrich.size(); ++i) {
    auto& each = in.value.enrich[i];
    if (!each.is_file())
      continue;
    each.file = (folder / each.lookup).string();
    auto read = read_lookup(each);
    for (std::size_t p = 0; !read && p < read.error().size(); ++p) {
      auto& problem = read.error()[p];
      auto path = fmt::format("{}enrich[{}].lookup", in.path.empty() ? "" : in.path + ".", i);
      if (problem.line == 0)
        problem = in.source.at(path, fmt::format("{} {}", problem.file, problem.sentence));
      else
        problem.path = path;
      found.push_back(std::move(problem));
    }
  }
  return found;
}

/// What the pipelines of several files have against each other; each file by itself has been looked at.
config::problems find_conflicts(const std::vector<config::loaded<config::pipeline>>& all) {
  std::vector<config::pipeline> pipelines;
  pipelines.reserve(all.size());
  for (const auto& each : all)
    pipelines.push_back(each.value);
  config::problems found;
  for (const auto& conflict : config::conflicts_of(pipelines)) {
    const auto& in = all[conflict.pipeline];
    found.push_back(
        in.source.at(in.path.empty() ? conflict.member : in.path + "." + conflict.member, conflict.sentence));
  }
  return found;
}

/// Reads the models of a pipeline: they are part of what it is.
config::problems read_models(config::loaded<config::pipeline>& in, const std::string& pipeline_file) {
  constexpr std::uintmax_t greatest_model = 512U << 20U;
  config::problems found;
  const auto folder = std::filesystem::path{pipeline_file}.parent_path();
  for (std::size_t i = 0; i < in.value.detectors.size(); ++i) {
    auto& each = in.value.detectors[i];
    const auto* named = each.parameters.if_contains("file");
    if (each.detector != "model" || named == nullptr)
      continue;
    const auto path = fmt::format("{}detect[{}].file", in.path.empty() ? "" : in.path + ".", i);
    if (!named->is_string()) {
      found.push_back(in.source.at(path, "is no text: the name of the model's file"));
      continue;
    }
    const auto file = folder / std::string{named->get_string()};
    std::error_code wrong;
    const auto size = std::filesystem::file_size(file, wrong);
    std::ifstream text{file, std::ios::binary};
    if (!wrong && size > greatest_model)
      found.push_back(
          in.source.at(path, fmt::format("{} has {} bytes; at most {} are read", file.string(), size, greatest_model)));
    else if (wrong || !text)
      found.push_back(in.source.at(path, fmt::format("{} can't be read", file.string())));
    else
      each.model.assign(std::istreambuf_iterator<char>{text}, {});
  }
  return found;
}

} // namespace

config::checked<std::vector<std::shared_ptr<const analytics::pipeline_plan>>>
compile_pipelines(const std::vector<std::string>& names, const config::load_options& options) {
  std::vector<std::shared_ptr<const analytics::pipeline_plan>> plans;
  config::problems problems;
  std::vector<config::loaded<config::pipeline>> all;
  for (const auto& name : names) {
    auto loaded = config::load_pipelines(name, options);
    if (!loaded) {
      problems.insert(problems.end(), loaded.error().begin(), loaded.error().end());
      continue;
    }
    for (auto& each : *loaded) {
      all.push_back(each);
      auto missing = find_lookups(each, name);
      problems.insert(problems.end(), missing.begin(), missing.end());
      if (auto unread = read_models(each, name); !unread.empty()) {
        problems.insert(problems.end(), unread.begin(), unread.end());
        continue;
      }
      auto plan = analytics::pipeline_plan::compile(each.value);
      if (plan)
        plans.push_back(*plan);
      else
        for (const auto& finding : plan.error())
          problems.push_back(
              each.source.at(each.path.empty() ? finding.path : each.path + "." + finding.path, finding.sentence));
    }
  }
  auto conflicts = find_conflicts(all);
  problems.insert(problems.end(), conflicts.begin(), conflicts.end());
  if (!problems.empty())
    return tl::unexpected{std::move(problems)};
  return plans;
}

expected<std::unique_ptr<storage::result_store>> open_chosen_store(const std::string& given, bool read_only) {
  auto environment = config::process_environment();
  auto named = environment.find("THRONG_STORE");
  auto uri = !given.empty() ? given : named != environment.end() ? named->second : config::settings{}.store;
  auto there = storage::open_store(uri, true); // opened for writing, it would be made
  return !there || read_only ? std::move(there) : storage::open_store(uri);
}

expected<std::unique_ptr<storage::result_store>> open_writable_store(const std::string& uri) {
  return storage::open_store(uri).and_then(
      [](std::unique_ptr<storage::result_store>&& store) -> expected<std::unique_ptr<storage::result_store>> {
        if (auto checked = store->check(); !checked)
          return tl::unexpected{checked.error()};
        return std::move(store);
      });
}

} // namespace throng::service
