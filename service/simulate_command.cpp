#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include <caf/actor_system.hpp>
#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "actors/csv_sink.hpp"
#include "actors/kafka_sink.hpp"
#include "actors/stream_sink.hpp"
#include "actors/system_config.hpp"
#include "actors/worker_crew.hpp"
#include "actors/world_run.hpp"
#include "service/command_line.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/progress.hpp"
#include "service/work_metrics.hpp"
#include "service/worker_options.hpp"
#include "service/world_command.hpp"
#include "service/world_session.hpp"

namespace throng::service {

namespace {

struct simulate_options {
  scenario_options world;
  std::string to;
  std::string format = "ndjson";
  bool force = false;
  session_options session;
  workers_option workers;
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

/// Where messages go, and where it ends now by run.
struct opened_sink {
  std::shared_ptr<actors::message_sink> to;
  run_ends ends;
  std::shared_ptr<actors::kafka_sink> kafka; ///< the same, or null
};

/// @param goes_on messages may be there already: a run goes on, or another follows it
expected<opened_sink> make_sink(const simulation::world& world, const target& to, const simulate_options& options) {
  const auto csv = options.format == "csv";
  const auto goes_on = options.session.goes_on();
  opened_sink made;
  made.ends.resize(simulation::topic_count * static_cast<std::size_t>(world.partitions()));
  const auto keep = [&made](std::shared_ptr<actors::message_sink> sink) {
    made.to = std::move(sink);
    return std::move(made);
  };
  switch (to.kind) {
  case destination::null:
    return keep(actors::make_null_sink());
  case destination::standard_output:
    return keep(actors::make_stream_sink(stdout));
  case destination::folder:
    if (goes_on)
      return actors::make_resumed_file_sink(world, to.folder, made.ends).map(keep);
    return (csv ? actors::make_csv_sink(world, to.folder, options.force)
                : actors::make_file_sink(world, to.folder, options.force))
        .map(keep);
  case destination::kafka:
    break;
  }
  // Before any is made: a topic that was made just now may not know its leaders yet.
  auto ends = actors::topic_ends(world, goes_on);
  if (!ends)
    return tl::unexpected{ends.error()};
  if (auto opened = make_world_topics(world, {}); !opened)
    return tl::unexpected{opened.error()};
  auto sink = actors::make_kafka_sink(world, nullptr);
  if (!sink)
    return tl::unexpected{sink.error()};
  made.ends = std::move(*ends);
  made.kafka = *sink;
  made.to = std::move(*sink);
  return made;
}

/// Whether the options of the destination go together.
expected<void> check_target(const target& to, const simulate_options& options) {
  const auto csv = options.format == "csv";
  if (csv && to.kind != destination::folder)
    return fail(error_kind::invalid,
                "--format csv goes with --to file:DIR: each topic is a table with a header of its own");
  if (options.session.goes_on() && (csv || to.kind == destination::null || to.kind == destination::standard_output))
    return fail(error_kind::invalid,
                "--resume and --append go with --to kafka and --to file:DIR (ndjson): elsewhere it "
                "can't be seen what is there already");
  return {};
}

expected<void> check_cluster(const simulation::world& world, bool goes_on) {
  if (world.scenario().settings.kafka.embedded())
    return fail(error_kind::invalid, "simulate --to kafka needs a cluster: name it with --set kafka.brokers=HOST:PORT "
                                     "(the embedded one lives only inside throng run)");
  return check_world_topics(world, {}, goes_on);
}

int run(const simulate_options& options, bool quiet) {
  auto to = parse_target(options.to);
  if (!to)
    return say_failure(to.error());
  if (auto checked = check_target(*to, options); !checked)
    return say_failure(checked.error());
  auto workers = options.workers.resolve();
  if (!workers)
    return say_failure(workers.error());
  auto snapshot_every = options.session.check();
  if (!snapshot_every)
    return say_failure(snapshot_every.error());
  auto load = options.world.overlay.resolve();
  if (!load)
    return say_failure(load.error());
  auto scenario = config::load_scenario(options.world.scenario, *load);
  if (!scenario)
    return say_problems(scenario.error());
  if (to->kind == destination::kafka) {
    auto checked = simulation::world::make(scenario->value).and_then([&](const auto& world) {
      return check_cluster(*world, options.session.goes_on());
    });
    if (!checked)
      return say_failure(checked.error());
  }
  // Books are for the audit of what went to Kafka; elsewhere only a store that was asked for gets them, inputs and snapshots.
  std::unique_ptr<storage::result_store> store;
  const auto& store_uri = scenario->value.settings.store;
  if (store_uri != "none" && (to->kind == destination::kafka || !options.world.overlay.store.empty() ||
                              options.session.goes_on() || !options.session.replay.empty())) {
    auto opened = open_writable_store(store_uri);
    if (!opened)
      return say_failure(opened.error());
    store = std::move(*opened);
  }
  const auto in_one_order = to->kind == destination::folder || to->kind == destination::standard_output;
  auto session = open_session(options.session, options.world.scenario, *load, store.get(), options.to,
                              [in_one_order](config::scenario& of) {
                                if (in_one_order)
                                  of.settings.topics.partitions = 1; // a file or stream has the order over all keys
                              });
  if (!session)
    return say_refusal(session.error());
  if (session->kept && session->kept->complete) {
    say(fmt::format("the run {} has come to its end already", session->run));
    return exit_done;
  }
  if (scenario->value.react_to_alerts)
    spdlog::warn("react is left alone: nothing is analysed here that the world could read back");
  expected<opened_sink> sink; // outlives the actors
  actors::system_config config{options.world.work.threads,
                               workers->empty() ? actors::network::none : actors::network::workers};
  caf::actor_system system{config};
  actors::world_options how;
  how.shards = std::max(options.world.shards, static_cast<std::uint32_t>(workers->size()));
  how.single_stream = to->kind == destination::standard_output;
  if (!workers->empty()) {
    auto crew = actors::worker_crew::muster(system, *workers, program_build());
    if (!crew)
      return say_failure(crew.error());
    how.place = crew->placer(system);
  }
  sink = make_sink(*session->first, *to, options);
  if (!sink)
    return say_failure(sink.error());
  auto made = make_world(options.session, *session, system, sink->to, std::move(how), store.get(), sink->ends);
  if (!made)
    return say_failure(made.error());
  auto& running = **made;
  run_log log{store.get(), session->run};
  if (auto logged = log_session(log, *session, running, "simulate", options.to, sink->ends); !logged)
    return say_failure(logged.error());
  world_control control{running, session->scenario, log};
  auto server =
      serve(options.session.serve.at(), store.get(), {[&](http::router& to) { add_world_routes(to, control); }, {}});
  if (!server)
    return say_failure(server.error());
  if (*server)
    add_world_metrics((*server)->metrics(), running.progress());
  world_keeper keeper{running, control, log, *snapshot_every};
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
    if (!halted)
      keeper.look_after();
  }
  if (result->failure)
    return say_failure(*result->failure);
  if (auto finished = sink->to->finish(); !finished)
    return say_failure(finished.error());
  if (sink->kafka != nullptr) {
    auto alone = actors::topic_ends(*session->first).and_then([&](const run_ends& ends) {
      return check_only_writer(*session, sink->ends, *result, ends);
    });
    if (!alone)
      return say_failure(alone.error());
  }
  const auto facts = keeper.conclude(*result);
  auto report = world_report("simulate", *running.world(), *result);
  const auto money = add_money(report, running);
  if (store != nullptr)
    if (auto kept = store_books(*store, running); !kept)
      return say_failure(kept.error());
  if (auto concluded = conclude(report, store.get(), options.world.work, facts); !concluded)
    return say_failure(concluded.error());
  if (!quiet && options.world.work.report != "-" && to->kind != destination::standard_output)
    say(fmt::format("{} events from {} actors in {:.1f} s", result->events, running.world()->entity_count(),
                    report["wall_seconds"].as_double()));
  return money ? exit_done : say_failure(money.error());
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
  options->session.add_to(command);
  options->workers.add_to(command);
  command.callback([&to, options] { to.chosen = [&to, options] { return run(*options, to.global.quiet); }; });
}

} // namespace throng::service
