#include <algorithm>
#include <memory>
#include <set>
#include <thread>

#include <caf/actor_system.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "actors/analysis.hpp"
#include "actors/kafka_sink.hpp"
#include "actors/system_config.hpp"
#include "actors/world_run.hpp"
#include "query/audit.hpp"
#include "query/score.hpp"
#include "service/analysis_input.hpp"
#include "service/command_line.hpp"
#include "service/event_retention.hpp"
#include "service/input_options.hpp"
#include "service/internal_topics.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/lookup_files.hpp"
#include "service/notifiers.hpp"
#include "service/pipeline_record.hpp"
#include "service/pipeline_sinks.hpp"
#include "service/progress.hpp"
#include "service/run_summary.hpp"
#include "service/side_messages.hpp"
#include "service/sink_runs.hpp"
#include "service/watching.hpp"
#include "service/work_metrics.hpp"
#include "service/world_command.hpp"
#include "service/world_session.hpp"
#include "storage/owner_checkpoints.hpp"

namespace throng::service {

namespace {

struct run_options {
  scenario_options world;
  checkpoint_options checkpoints;
  bool reset = false;
  session_options session;
};

/// Where the messages of this run go through: a cluster, and what belongs to it.
struct message_path {
  std::unique_ptr<transport::embedded_cluster> cluster; ///< null: a real one
  std::shared_ptr<actors::kafka_sink> sink;
  std::unique_ptr<transport::consumer> source;
  actors::side_message_sink side_messages;
  run_ends ends;                                    ///< of the world's topics, before this run's messages
  std::shared_ptr<transport::memory_topics> memory; ///< internal topics, of an embedded cluster
};

std::vector<actors::watched_topic> watched_topics(const simulation::world& world, const std::vector<plan_ptr>& plans) {
  const auto& scenario = world.scenario();
  std::vector<actors::watched_topic> result;
  for (auto topic : world.topics()) {
    std::string name{simulation::name(topic)};
    actors::watched_topic one{name, scenario.settings.topics.prefix + name, {}, analytics::recorder_options{}};
    one.recorder->group = "throng." + scenario.name;
    const auto& kept = scenario.record.topics;
    one.recorder->keep_events = std::find(kept.begin(), kept.end(), name) != kept.end();
    for (const auto& plan : plans)
      for (const auto& read : plan->topics_read())
        if (read == name)
          one.pipelines.push_back(plan);
    result.push_back(std::move(one));
  }
  return result;
}

/// Topics that a pipeline uses as tables are read to their end before the world begins, so they must be there, and not the world's own.
expected<void> check_tables(const simulation::world& world, const config::pipeline& pipeline) {
  const auto topics = world.topics();
  for (const auto& table : pipeline.enrich) {
    if (table.topic.empty())
      continue;
    if (std::any_of(topics.begin(), topics.end(), [&](auto topic) { return simulation::name(topic) == table.topic; }))
      return fail(
          error_kind::invalid,
          fmt::format("pipeline {} enriches from the topic {}, which this world writes: what an event finds there "
                      "would hang on which of the two is read first, and no run would repeat; simulate first, "
                      "then throng analyze reads the table before the events",
                      pipeline.name, table.topic));
    if (world.scenario().settings.kafka.embedded())
      return fail(
          error_kind::invalid,
          fmt::format("pipeline {} enriches from the topic {}: the embedded cluster begins empty; name a cluster "
                      "that has it with --set kafka.brokers=HOST:PORT, or put the rows into a file (`lookup`)",
                      pipeline.name, table.topic));
  }
  return {};
}

/// A pipeline that reads what nobody in this world writes would wait for ever in silence.
expected<void> check_sources(const simulation::world& world, const std::vector<plan_ptr>& plans) {
  for (const auto& plan : plans) {
    auto topics = world.topics();
    for (const auto& source : plan->topics_read())
      if (std::none_of(topics.begin(), topics.end(), [&](auto topic) { return simulation::name(topic) == source; }))
        return fail(error_kind::invalid, fmt::format("pipeline {} reads {}, which nothing in this world writes",
                                                     plan->definition().name, source));
    if (auto checked = check_tables(world, plan->definition()); !checked)
      return checked;
    for (const auto& to : plan->topics_written())
      if (std::any_of(topics.begin(), topics.end(), [&](auto topic) { return simulation::name(topic) == to; }))
        return fail(error_kind::invalid,
                    fmt::format("pipeline {} writes to {}, which this world writes: choose another topic in its `to`",
                                plan->definition().name, to));
  }
  return {};
}

expected<void> open_embedded(const simulation::world& world, const std::vector<plan_ptr>& plans, message_path& path) {
  auto cluster = transport::embedded_cluster::start();
  if (!cluster)
    return tl::unexpected{cluster.error()};
  path.cluster = std::move(*cluster);
  auto names = analysis_topics();
  for (auto& topic : named_topics(plans))
    names.push_back(std::move(topic));
  for (auto topic : world.topics())
    names.emplace_back(simulation::name(topic));
  for (const auto& name : names)
    if (auto made = path.cluster->create_topic(world.scenario().settings.topics.prefix + name, world.partitions());
        !made)
      return made;
  return {};
}

/// @param goes_on messages may be there already: a run goes on, or another follows it
expected<message_path> open_path(const simulation::world& world, const std::vector<actors::watched_topic>& topics,
                                 const std::vector<plan_ptr>& plans, storage::result_store& store, bool goes_on) {
  const auto& settings = world.scenario().settings;
  message_path path;
  path.ends.resize(simulation::topic_count * static_cast<std::size_t>(world.partitions()));
  if (!settings.kafka.embedded()) {
    auto ends = actors::topic_ends(world, goes_on); // before any topic is made: it may not know its leaders yet
    if (!ends)
      return tl::unexpected{ends.error()};
    path.ends = std::move(*ends);
  }
  auto opened =
      settings.kafka.embedded() ? open_embedded(world, plans, path) : make_world_topics(world, analysis_topics());
  if (!opened)
    return tl::unexpected{opened.error()};
  auto sink = actors::make_kafka_sink(world, path.cluster.get());
  if (!sink)
    return tl::unexpected{sink.error()};
  path.sink = std::move(*sink);
  transport::consumer_options reading;
  reading.group = "throng." + world.scenario().name;
  for (const auto& topic : topics)
    reading.topics.push_back(topic.broker_name);
  if (path.cluster == nullptr) {
    auto internal = make_internal_topics(settings, plans);
    if (!internal)
      return tl::unexpected{internal.error()};
    reading.topics.insert(reading.topics.end(), internal->begin(), internal->end());
    if (auto emptied = empty_unused_topics(settings, plans, store); !emptied)
      return tl::unexpected{emptied.error()};
  }
  auto source = path.cluster != nullptr ? transport::make_embedded_consumer(*path.cluster, reading)
                                        : transport::make_group_consumer(settings.kafka, std::move(reading));
  if (!source)
    return tl::unexpected{source.error()};
  path.source = std::move(*source);
  if (path.cluster != nullptr) {
    auto memory = keep_in_memory(path.source, plans, settings.topics.prefix);
    if (!memory)
      return tl::unexpected{memory.error()};
    path.memory = std::move(*memory);
  }
  partition_counts named;
  if (path.cluster == nullptr) {
    auto made = make_named_topics(settings, plans);
    if (!made)
      return tl::unexpected{made.error()};
    named = std::move(*made);
  }
  auto side_messages = send_side_messages(settings, path.cluster.get(), std::move(named));
  if (!side_messages)
    return tl::unexpected{side_messages.error()};
  path.side_messages = std::move(*side_messages);
  return path;
}

/// The embedded cluster is gone with its process: what an earlier run left can't be gone on from. Results of other
/// sources in the same store stay.
expected<void> clear_earlier_run(storage::result_store& store) {
  auto owners = storage::owners_over(store, transport::embedded_source_prefix);
  if (!owners)
    return tl::unexpected{owners.error()};
  if (!owners->empty())
    spdlog::info("removing what an earlier run left in the store: {}", fmt::join(*owners, ", "));
  for (const auto& owner : *owners)
    if (auto removed = storage::reset(store, owner); !removed)
      return removed;
  return store.remove_records("world_books");
}

/// --reset: what this scenario's pipelines and its recorder left in the store, from whatever topics.
expected<void> reset_owners(storage::result_store& store, const std::vector<actors::watched_topic>& topics) {
  std::set<std::string> owners;
  for (const auto& topic : topics) {
    if (topic.recorder)
      owners.insert("recorder:" + topic.recorder->group);
    for (const auto& plan : topic.pipelines)
      for (auto& owner : owners_of(*plan))
        owners.insert(std::move(owner));
  }
  for (const auto& owner : owners)
    if (auto done = storage::reset(store, owner); !done)
      return done;
  return {};
}

/// The run, once everything is open: the world and its watchers, until both are done.
class city {
public:
  city(actors::world_run& world, world_keeper& keeper, message_path& path, actors::analysis& watchers, sink_runs& sinks,
       storage::result_store& store, bool quiet)
      : store_(config::redacted_store(world.world()->scenario().settings.store))
      , retention_(store, world.world()->scenario().record, world.world()->scenario().settings.topics.prefix)
      , path_(path)
      , watchers_(watchers)
      , sinks_(sinks)
      , world_(world)
      , keeper_(keeper)
      , line_(quiet) {}

  struct outcome {
    actors::world_result world;
    actors::progress_snapshot analysis;
  };

  expected<outcome> live() {
    if (auto ready = wait_for_watchers(); !ready)
      return tl::unexpected{ready.error()};
    spdlog::info("the world begins");
    world_.begin();
    auto halted = false;
    std::optional<actors::world_result> ended;
    while (!(ended = world_.wait(std::chrono::milliseconds{50}))) {
      show();
      if (auto watched = watchers_.wait(std::chrono::milliseconds{0}))
        return tl::unexpected{
            watched->failure.value_or(error{error_kind::internal, "the analysis ended before the world did"})};
      sinks_.look_after();
      if (auto why = sinks_.hopeless())
        return tl::unexpected{*why};
      if (interrupted() && !halted) {
        world_.halt();
        halted = true;
      }
      if (!halted)
        keeper_.look_after();
      if (auto kept = retention_.look_after(watchers_.progress()); !kept)
        spdlog::warn("raw events that are too old are not deleted yet: {}", kept.error().message);
      if (stop_is_overdue())
        return no_clean_stop();
    }
    if (ended->failure)
      return tl::unexpected{*ended->failure};
    if (auto flushed = path_.sink->finish(); !flushed)
      return tl::unexpected{flushed.error()};
    auto ends = path_.sink->ends();
    if (!ends)
      return tl::unexpected{ends.error()};
    sinks_.finish_at(*ends);
    watchers_.finish_at(std::move(*ends));
    std::optional<actors::analysis_result> watched;
    while (!(watched = watchers_.wait(std::chrono::milliseconds{50}))) {
      show();
      if (stop_is_overdue())
        return no_clean_stop();
    }
    if (watched->failure)
      return tl::unexpected{*watched->failure};
    if (auto kept = wait_for_sinks(); !kept)
      return tl::unexpected{kept.error()};
    if (auto kept = retention_.apply(watchers_.progress()); !kept)
      return tl::unexpected{kept.error()};
    return outcome{*ended, watchers_.progress()};
  }

private:
  tl::unexpected<error> no_clean_stop() const {
    return fail(error_kind::timed_out,
                fmt::format("stopped without a last checkpoint: {} or the cluster did not answer in time", store_));
  }

  /// The world starts only when the consumers are assigned: nothing it makes is missed.
  expected<void> wait_for_watchers() {
    auto ready = watchers_.ready();
    auto patience = std::chrono::seconds{60};
    while (ready.wait_for(std::chrono::milliseconds{50}) != std::future_status::ready) {
      if (interrupted())
        return fail(error_kind::unavailable, "stopped before the world began");
      if (line_.elapsed() > patience)
        return fail(error_kind::timed_out, "the consumers were not assigned their partitions within 60 s");
    }
    return ready.get();
  }

  expected<void> wait_for_sinks() {
    for (;;) {
      sinks_.look_after();
      if (const auto kept = sinks_.ended())
        return kept->failure ? expected<void>{tl::unexpected{*kept->failure}} : expected<void>{};
      show();
      if (stop_is_overdue())
        return no_clean_stop();
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
  }

  void show() {
    line_.show(service::describe_progress(line_.elapsed(), world_.progress()) + "  " +
               describe_progress(watchers_.progress()) + describe_sinks(sinks_));
  }

  std::string store_; ///< as it may be shown
  event_retention retention_;
  message_path& path_;
  actors::analysis& watchers_;
  sink_runs& sinks_;
  actors::world_run& world_;
  world_keeper& keeper_;
  progress line_;
};

int run(const run_options& options, bool quiet) {
  auto checkpoint_every = options.checkpoints.every();
  if (!checkpoint_every)
    return say_failure(checkpoint_every.error());
  auto snapshot_every = options.session.check();
  if (!snapshot_every)
    return say_failure(snapshot_every.error());
  auto load = options.world.overlay.resolve();
  if (!load)
    return say_failure(load.error());
  auto scenario = config::load_scenario(options.world.scenario, *load);
  if (!scenario)
    return say_problems(scenario.error());
  auto plans = compile_pipelines(scenario->value.pipelines, *load);
  if (!plans)
    return say_problems(plans.error());
  auto lookups = lookup_files::open(*plans);
  if (!lookups)
    return say_problems(lookups.error());
  const auto settings = scenario->value.settings;
  if (settings.kafka.embedded() && options.session.goes_on())
    return say_failure({error_kind::invalid, "--resume and --append need a cluster: name it with --set "
                                             "kafka.brokers=HOST:PORT (the embedded one is gone with its process)"});
  if (scenario->value.react_to_alerts && !settings.kafka.embedded())
    return say_failure({error_kind::invalid,
                        "react: the loop is closed on the embedded cluster only, where it is known "
                        "what has been received"});
  auto drafted = simulation::world::make(scenario->value);
  if (!drafted)
    return say_failure(drafted.error());
  if (auto checked = check_sources(**drafted, *plans); !checked)
    return say_failure(checked.error());
  if (!settings.kafka.embedded())
    if (auto checked = check_world_topics(**drafted, analysis_topics(), options.session.goes_on()); !checked)
      return say_failure(checked.error());
  input_choice tables;
  tables.from = "kafka"; // an embedded cluster has none
  if (auto read = analysis_input::open_tables(tables, settings, **lookups); !read)
    return say_failure(read.error());
  auto opened = open_writable_store(settings.store);
  if (!opened)
    return say_failure(opened.error());
  auto& store = **opened;
  auto session = open_session(options.session, options.world.scenario, *load, &store, "kafka", [](config::scenario&) {
    // as it stands
  });
  if (!session)
    return say_refusal(session.error());
  if (session->kept && session->kept->complete) {
    say(fmt::format("the run {} has come to its end already", session->run));
    return exit_done;
  }
  const auto world = session->first;
  if (settings.kafka.embedded())
    if (auto cleared = clear_earlier_run(store); !cleared)
      return say_failure(cleared.error());
  if (auto kept = store_pipelines(store, *plans); !kept)
    return say_failure(kept.error());
  auto topics = watched_topics(*world, *plans);
  if (options.reset)
    if (auto done = reset_owners(store, topics); !done)
      return say_failure(done.error());
  auto path = open_path(*world, topics, *plans, store, options.session.goes_on());
  if (!path)
    return say_failure(path.error());

  actors::analysis_options watching;
  watching.topics = topics;
  watching.checkpoint_every = *checkpoint_every;
  watching.replay_from_memory = path->cluster != nullptr;
  const auto side_messages = one_at_a_time(path->side_messages);
  auto sinks = open_sinks(*plans, side_messages);
  if (!sinks)
    return say_failure(sinks.error());
  const auto apart =
      path->cluster == nullptr; // the embedded cluster keeps little: the world waits for its slowest reader
  sink_run_options keeping{watching, settings.topics.prefix, {}};
  keeping.each.topics.clear();
  keeping.open = [&settings, group = "throng." + world->scenario().name](const config::pipeline& of,
                                                                         const std::string& sink) {
    return transport::make_group_consumer(settings.kafka, {group + "." + sink, {settings.topics.prefix + of.source}});
  };
  if (!apart)
    watching.sinks = {sinks->begin(), sinks->end()};
  auto told = notifiers::start(settings.notify, store);
  if (!told)
    return say_failure(told.error());
  watching.side_messages = (*told)->around(side_messages);
  watching.memory = path->memory;
  watching.taken_in = [sink = path->sink](const transport::topic_partition& which, std::size_t bytes) {
    sink->taken_in(which, bytes);
  };
  if (auto read = (*lookups)->open_verdicts(store); !read)
    return say_failure(read.error());
  watching.lookups = [files = *lookups](const std::string& pipeline) { return files->latest(pipeline); };
  keeping.each.lookups = watching.lookups;
  actors::world_options how{options.world.shards};
  if (world->scenario().react_to_alerts) {
    how.reactions =
        std::make_shared<actors::reaction_desk>(world, [sink = path->sink] { return sink->all_taken_in(); });
    watching.raised = [desk = how.reactions](const analytics::side_message& alert, timestamp emitted) {
      desk->raised(alert, emitted);
    };
  }
  actors::system_config config{options.world.work.threads};
  caf::actor_system system{config};
  auto watchers = actors::analysis::start(system, std::move(path->source), store, std::move(watching));
  if (!watchers)
    return say_failure(watchers.error());
  auto kept_apart =
      sink_runs::start(system, store, apart ? *plans : std::vector<plan_ptr>{}, *sinks, std::move(keeping));
  if (!kept_apart)
    return say_failure(kept_apart.error());
  auto simulated = make_world(options.session, *session, system, path->sink, how, &store, path->ends);
  if (!simulated)
    return say_failure(simulated.error());
  run_log log{&store, session->run};
  if (auto logged = log_session(log, *session, **simulated, "run", "kafka", path->ends); !logged)
    return say_failure(logged.error());
  world_control control{**simulated, session->scenario, log};
  auto server =
      serve(options.session.serve.at(), &store,
            {[&](http::router& to) { add_world_routes(to, control); },
             [&world = (*simulated)->progress(), &of = **watchers] { return live_figures(&world, of.progress()); }});
  if (!server)
    return say_failure(server.error());
  if (*server) {
    add_world_metrics((*server)->metrics(), (*simulated)->progress());
    const auto progress = [&of = **watchers] { return of.progress(); };
    add_analysis_metrics((*server)->metrics(), progress);
    add_sink_metrics((*server)->metrics(), *sinks, progress_by_sink(**kept_apart, progress), settings.topics.prefix);
  }
  world_keeper keeper{**simulated, control, log, *snapshot_every};
  auto outcome = city{**simulated, keeper, *path, **watchers, **kept_apart, store, quiet}.live();
  if (!outcome)
    return say_failure(outcome.error());

  const auto facts = keeper.conclude(outcome->world);
  auto report = world_report("run", *(*simulated)->world(), outcome->world);
  const auto money = add_money(report, **simulated);
  auto consumed = events_consumed(outcome->analysis, settings.topics.prefix);
  report["consumed"] = consumed;
  add_analysis_figures(report, outcome->analysis);
  if (auto notified = (*told)->finish(); !notified.empty())
    report["notified"] = std::move(notified);
  auto audit = store_books(store, **simulated).and_then([&] { return query::audit(store); });
  if (!audit)
    return say_failure(audit.error());
  // What this process has consumed is not all of a run that has gone on: the books are.
  report["lost"] = options.session.goes_on()
                       ? static_cast<std::int64_t>(audit->lost)
                       : static_cast<std::int64_t>(outcome->world.events) - static_cast<std::int64_t>(consumed);
  if (auto concluded = conclude(report, &store, options.world.work, facts); !concluded)
    return say_failure(concluded.error());
  if (!quiet && options.world.work.report != "-") {
    auto score = query::score(store);
    if (!score && score.error().kind != error_kind::not_found)
      return say_failure(score.error());
    print_summary(report, *audit, score ? std::optional{*score} : std::nullopt);
  }
  return money ? exit_done : say_failure(money.error());
}

} // namespace

void add_run_command(program& to) {
  auto& command =
      add_command(to.app, "run", "Simulate and analyse in one process",
                  "  throng run metropolis\n"
                  "  throng run my-city.json --duration 30m --set populations.sensors.count=1000\n"
                  "  throng run bank --set kafka.brokers=localhost:9092 --store mongodb://localhost/throng");
  auto options = std::make_shared<run_options>();
  options->world.add_to(command);
  options->checkpoints.add_to(command);
  command.add_flag(
      "--reset", options->reset,
      "Delete what these pipelines and this scenario's recorder have stored first, whatever topics it came from");
  options->session.add_to(command);
  command.callback([&to, options] { to.chosen = [&to, options] { return run(*options, to.global.quiet); }; });
}

} // namespace throng::service
