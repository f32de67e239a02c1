#include <memory>

#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/input_options.hpp"
#include "service/scenario_explain.hpp"

namespace throng::service {

namespace {

/// The text of a preset, or of a file.
int show_preset(const std::vector<config::preset>& presets, const std::string& name, const char* what) {
  for (const auto& preset : presets)
    if (preset.name == name) {
      fmt::print("{}", preset.text);
      return exit_done;
    }
  auto nearest = config::nearest_name(name, names_of(presets));
  return say_failure({error_kind::invalid,
                      fmt::format("there is no {} preset \"{}\"{}", what, name,
                                  nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)),
                      false});
}

int list_presets(const std::vector<config::preset>& presets) {
  for (const auto& name : names_of(presets))
    fmt::print("{}\n", name);
  return exit_done;
}

/// Loads a preset or a file with its overlays. @param then int(const config::scenario&, const config::load_options&)
template <class F>
int with_scenario(const std::string& name, const overlay_options& overlay, F then) {
  auto options = overlay.resolve();
  if (!options)
    return say_failure(options.error());
  auto scenario = config::load_scenario(name, *options);
  return scenario ? then(scenario->value, *options) : say_problems(scenario.error());
}

int check_scenario(const config::scenario& scenario, const config::load_options& options) {
  auto plans = compile_pipelines(scenario.pipelines, options);
  if (!plans)
    return say_problems(plans.error());
  std::size_t entities = 0;
  for (const auto& population : scenario.populations)
    entities += population.count;
  fmt::print("{}: {} entities in {} populations, {} incidents, {} pipelines: right\n", scenario.name, entities,
             scenario.populations.size(), scenario.incidents.size(), plans->size());
  return exit_done;
}

int explain_scenario(const config::scenario& scenario, const config::load_options&) {
  auto world = simulation::world::make(scenario);
  if (!world)
    return say_failure(world.error());
  fmt::print("{}", explain(**world));
  return exit_done;
}

} // namespace

void add_scenario_command(program& to) {
  auto& command = add_command(to.app, "scenario", "Scenarios: presets, validation, JSON Schema",
                              "  throng scenario list\n  throng scenario show metropolis > my-city.json\n"
                              "  throng scenario check my-city.json");
  command.require_subcommand(1);
  auto name = std::make_shared<std::string>();
  auto overlay = std::make_shared<overlay_options>();
  add_command(command, "list", "Names of the presets", "  throng scenario list").callback([&to] {
    to.chosen = [] { return list_presets(config::scenario_presets()); };
  });
  auto& show = add_command(command, "show", "A preset's file, with its comments, or what a scenario will do",
                           "  throng scenario show bank\n  throng scenario show bank --explain\n"
                           "  throng scenario show my-city.json --explain --set populations.sensors.count=100");
  auto explains = std::make_shared<bool>(false);
  show.add_option("name", *name, "A preset; with --explain also a file")
      ->required()
      ->check(can_be(names_of(config::scenario_presets())));
  show.add_flag("--explain", *explains,
                "Populations, expected events a second by topic over the day, and incidents, in place of the file");
  overlay->add_to(show, true);
  show.callback([&to, name, overlay, explains] {
    to.chosen = [name, overlay, explains] {
      return *explains ? with_scenario(*name, *overlay, explain_scenario)
                       : show_preset(config::scenario_presets(), *name, "scenario");
    };
  });
  auto& checking = add_command(command, "check", "Say everything that is wrong with a scenario and its pipelines",
                               "  throng scenario check my-city.json --set seed=7");
  checking.add_option("scenario", *name, "A file or preset")
      ->required()
      ->check(can_be(names_of(config::scenario_presets())));
  overlay->add_to(checking, true);
  checking.callback(
      [&to, name, overlay] { to.chosen = [name, overlay] { return with_scenario(*name, *overlay, check_scenario); }; });
  add_command(command, "schema", "The JSON Schema, for editors", "  throng scenario schema > scenario.schema.json")
      .callback([&to] {
        to.chosen = [] {
          fmt::print("{}", config::scenario_schema());
          return exit_done;
        };
      });
}

namespace {

int check_pipelines(const std::vector<std::string>& names, bool explain) {
  config::load_options options;
  options.environment = config::process_environment();
  options.now = wall_now();
  auto plans = compile_pipelines(names, options);
  if (!plans)
    return say_problems(plans.error());
  for (const auto& plan : *plans)
    if (explain)
      fmt::print("{}\n", plan->explain());
    else
      fmt::print("{}: right\n", plan->definition().name);
  return exit_done;
}

} // namespace

void add_pipeline_command(program& to) {
  auto& command = add_command(to.app, "pipeline", "Pipelines: presets, validation, what they do in words, JSON Schema",
                              "  throng pipeline list\n  throng pipeline explain city-climate\n"
                              "  throng pipeline check my-pipelines.json");
  command.require_subcommand(1);
  auto names = std::make_shared<std::vector<std::string>>();
  add_command(command, "list", "Names of the presets", "  throng pipeline list").callback([&to] {
    to.chosen = [] { return list_presets(config::pipeline_presets()); };
  });
  auto& show = add_command(command, "show", "A preset's file, with its comments", "  throng pipeline show bank-fraud");
  show.add_option("name", *names, "A preset")
      ->required()
      ->expected(1)
      ->check(can_be(names_of(config::pipeline_presets())));
  show.callback([&to, names] {
    to.chosen = [names] { return show_preset(config::pipeline_presets(), names->front(), "pipeline"); };
  });
  auto& check = add_command(command, "check", "Say everything that is wrong with pipelines",
                            "  throng pipeline check my-pipelines.json");
  check.add_option("pipelines", *names, "Files or presets")
      ->required()
      ->check(can_be(names_of(config::pipeline_presets())));
  check.callback([&to, names] { to.chosen = [names] { return check_pipelines(*names, false); }; });
  auto& explain =
      add_command(command, "explain", "What pipelines will do, in words", "  throng pipeline explain city-climate");
  explain.add_option("pipelines", *names, "Files or presets")
      ->required()
      ->check(can_be(names_of(config::pipeline_presets())));
  explain.callback([&to, names] { to.chosen = [names] { return check_pipelines(*names, true); }; });
  add_command(command, "schema", "The JSON Schema, for editors", "  throng pipeline schema > pipeline.schema.json")
      .callback([&to] {
        to.chosen = [] {
          fmt::print("{}", config::pipeline_schema());
          return exit_done;
        };
      });
}

} // namespace throng::service
