#include <cstdio>
#include <memory>

#include <caf/actor_system.hpp>
#include <fmt/core.h>

#include "actors/csv_sink.hpp"
#include "actors/kafka_sink.hpp"
#include "actors/stream_sink.hpp"
#include "actors/system_config.hpp"
#include "actors/world_run.hpp"
#include "service/command_line.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/progress.hpp"
#include "service/world_command.hpp"

namespace throng::service {

namespace {

struct simulate_options {
  scenario_options world;
  std::string to;
  std::string format = "ndjson";
  bool force = false;
};

enum class destination { kafka, null, standard_output, folder };

struct target {
  destination kind = destination::null;
  std::string folder;
};

expected<target> parse_target(const std::string& text) {
  if (text == "kafka")
    return target{destination::kafka, {}};
  if (text == "null")
    return target{destination::null, {}};
  if (text == "stdout")
    return target{destination::standard_output, {}};
  if (text.starts_with("file:") && text.size() > 5)
    return target{destination::folder, text.substr(5)};
  return fail(error_kind::invalid, fmt::format("--to {}: must be kafka, null, stdout or file:DIR", text));
}

expected<std::shared_ptr<actors::message_sink>> make_sink(const simulation::world& world, const target& to, bool csv,
                                                          bool force) {
  if (csv && to.kind != destination::folder)
    return fail(error_kind::invalid,
                "--format csv goes with --to file:DIR: each topic is a table with a header of its own");
  switch (to.kind) {
  case destination::null:
    return actors::make_null_sink();
  case destination::standard_output:
    return actors::make_stream_sink(stdout);
  case destination::folder:
    return csv ? actors::make_csv_sink(world, to.folder, force) : actors::make_file_sink(world, to.folder, force);
  case destination::kafka:
    break;
  }
  return make_world_topics(world, {})
      .and_then([&] { return actors::make_kafka_sink(world, nullptr); })
      .map([](auto&& sink) -> std::shared_ptr<actors::message_sink> { return sink; });
}

expected<void> check_cluster(const simulation::world& world) {
  if (world.scenario().settings.kafka.embedded())
    return fail(error_kind::invalid, "simulate --to kafka needs a cluster: name it with --set kafka.brokers=HOST:PORT "
                                     "(the embedded one lives only inside throng run)");
  return check_world_topics(world, {});
}

int run(const simulate_options& options, bool quiet) {
  auto to = parse_target(options.to);
  if (!to)
    return say_failure(to.error());
  auto load = options.world.overlay.resolve();
  if (!load)
    return say_failure(load.error());
  auto scenario = config::load_scenario(options.world.scenario, *load);
  if (!scenario)
    return say_problems(scenario.error());
  auto in_one_order = to->kind == destination::folder || to->kind == destination::standard_output;
  if (in_one_order)
    scenario->value.settings.topics.partitions = 1; // a file or stream has the order over all keys
  auto world = simulation::world::make(scenario->value);
  if (!world)
    return say_failure(world.error());
  if (to->kind == destination::kafka)
    if (auto checked = check_cluster(**world); !checked)
      return say_failure(checked.error());
  // Books are for the audit of what went to Kafka; elsewhere only a store that was asked for gets them.
  std::unique_ptr<storage::result_store> store;
  if (scenario->value.settings.store != "none" &&
      (to->kind == destination::kafka || !options.world.overlay.store.empty())) {
    auto opened = open_writable_store(scenario->value.settings.store);
    if (!opened)
      return say_failure(opened.error());
    store = std::move(*opened);
  }
  auto sink = make_sink(**world, *to, options.format == "csv", options.force);
  if (!sink)
    return say_failure(sink.error());

  actors::system_config config{options.world.work.threads};
  caf::actor_system system{config};
  actors::world_run running{system, *world, *sink, {options.world.shards, to->kind == destination::standard_output}};
  progress line{quiet};
  running.begin();
  auto halted = false;
  std::optional<actors::world_result> result;
  while (!(result = running.wait(std::chrono::milliseconds{100}))) {
    line.show(describe_progress(line.elapsed(), running.progress()));
    if (interrupted() && !halted) {
      running.halt();
      halted = true;
    }
  }
  if (result->failure)
    return say_failure(*result->failure);
  if (auto finished = (*sink)->finish(); !finished)
    return say_failure(finished.error());
  auto report = world_report("simulate", **world, *result);
  if (store != nullptr)
    if (auto kept = store_books(*store, running.books()); !kept)
      return say_failure(kept.error());
  if (auto concluded = conclude(report, store.get(), options.world.work); !concluded)
    return say_failure(concluded.error());
  if (!quiet && options.world.work.report != "-" && to->kind != destination::standard_output)
    say(fmt::format("{} events from {} actors in {:.1f} s", result->events, (*world)->entity_count(),
                    report["wall_seconds"].as_double()));
  return exit_done;
}

} // namespace

void add_simulate_command(program& to) {
  auto& command = add_command(to.app, "simulate", "The world alone: its messages into Kafka, files or nowhere",
                              "  throng simulate smart-city --to file:out --duration 10m\n"
                              "  throng simulate metropolis --to null --report -\n"
                              "  throng simulate bank --to kafka --set kafka.brokers=localhost:9092");
  auto options = std::make_shared<simulate_options>();
  options->world.add_to(command);
  command.add_option("--to", options->to, "kafka, null, stdout or file:DIR (DIR/TOPIC.ndjson)")
      ->required()
      ->check(can_be({"kafka", "null", "stdout", "file:"}));
  command.add_option("--format", options->format, "ndjson, or with file:DIR csv (DIR/TOPIC.csv)")
      ->check(CLI::IsMember({"ndjson", "csv"}))
      ->capture_default_str();
  command.add_flag("--force", options->force, "Replace files that are there already");
  command.callback([&to, options] { to.chosen = [&to, options] { return run(*options, to.global.quiet); }; });
}

} // namespace throng::service
