#include <algorithm>
#include <memory>
#include <set>

#include <caf/actor_system.hpp>
#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "actors/analysis.hpp"
#include "actors/system_config.hpp"
#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/lookup_files.hpp"
#include "service/progress.hpp"
#include "service/report.hpp"
#include "service/run_record.hpp"
#include "service/side_messages.hpp"
#include "service/watching.hpp"
#include "simulation/world.hpp"
#include "storage/owner_checkpoints.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

using plan_ptr = std::shared_ptr<const analytics::pipeline_plan>;

struct analyze_options {
  std::vector<std::string> pipelines;
  connection_options connection;
  std::string from = "kafka";
  std::string group;
  std::string start = "earliest";
  std::string checkpoint_every = "5s";
  std::vector<std::string> record;
  std::string rejects;
  std::string report;
  std::int32_t partitions = 4;
  std::size_t threads = 0;
  bool until_end = false;
  bool reset = false;
};

/// What to read, from where, and where what can't be analysed goes.
struct analysis_input {
  std::unique_ptr<transport::consumer> source;
  actors::side_message_sink side_messages;
  std::unique_ptr<reject_folder> rejects; ///< of files
};

std::string default_group(const std::vector<plan_ptr>& plans) {
  std::string names;
  for (const auto& plan : plans)
    names += (names.empty() ? "" : "+") + plan->definition().name;
  return "throng." + names;
}

/// The key field of a topic that Throng's own worlds write; empty for others.
std::string key_of_topic(const std::string& name) {
  for (auto topic : simulation::all_topics)
    if (simulation::name(topic) == name)
      return std::string{simulation::key_field(topic)};
  return {};
}

expected<analysis_input> open_files(const analyze_options& options, const std::string& folder,
                                    const std::vector<plan_ptr>& plans) {
  std::vector<transport::file_topic> topics;
  auto add = [&](const std::string& topic, const std::string& key, std::size_t longest) {
    auto known = std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.topic == topic; });
    if (known == topics.end())
      topics.push_back({topic, key, longest});
    else
      known->longest_message = std::max(known->longest_message, longest);
  };
  for (const auto& plan : plans)
    add(plan->definition().source, plan->definition().key, plan->definition().max_message);
  for (const auto& topic : options.record)
    add(topic, key_of_topic(topic), config::pipeline{}.max_message);
  auto source = transport::make_file_consumer(folder, std::move(topics), options.partitions);
  if (!source)
    return tl::unexpected{source.error()};
  auto rejects = reject_folder::make(options.rejects);
  if (!rejects)
    return tl::unexpected{rejects.error()};
  auto sink = (*rejects)->sink();
  return analysis_input{std::move(*source), std::move(sink), std::move(*rejects)};
}

expected<analysis_input> open_kafka(const analyze_options& options, const config::settings& settings,
                                    const std::string& group, const std::vector<plan_ptr>& plans) {
  if (settings.kafka.embedded())
    return fail(error_kind::invalid, "analyze reads a real cluster or files: name one with --brokers HOST:PORT or "
                                     "--from file:DIR (the embedded cluster lives only inside throng run)");
  std::set<std::string> topics;
  for (const auto& plan : plans)
    topics.insert(settings.topics.prefix + plan->definition().source);
  for (const auto& topic : options.record)
    topics.insert(settings.topics.prefix + topic);
  auto made = transport::create_missing(settings.kafka, settings.topics, [&] {
    std::vector<std::string> names;
    for (const auto& name : analysis_topics())
      names.push_back(settings.topics.prefix + name);
    return names;
  }());
  if (!made)
    return tl::unexpected{made.error()};
  auto source = transport::make_group_consumer(settings.kafka, {group, {topics.begin(), topics.end()}});
  if (!source)
    return tl::unexpected{source.error()};
  auto side_messages = send_side_messages(settings, nullptr);
  if (!side_messages)
    return tl::unexpected{side_messages.error()};
  return analysis_input{std::move(*source), std::move(*side_messages), nullptr};
}

std::vector<actors::watched_topic> watched_topics(const analyze_options& options, const std::vector<plan_ptr>& plans,
                                                  const std::string& group, const std::string& prefix) {
  std::vector<actors::watched_topic> topics;
  auto topic_named = [&](const std::string& name) -> actors::watched_topic& {
    auto known = std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.name == name; });
    return known != topics.end() ? *known : topics.emplace_back(actors::watched_topic{name, prefix + name, {}, {}});
  };
  for (const auto& plan : plans)
    topic_named(plan->definition().source).pipelines.push_back(plan);
  for (const auto& name : options.record)
    topic_named(name).recorder = analytics::recorder_options{group};
  return topics;
}

/// The recorder's books are its own: a reset of pipelines does not touch them.
expected<void> reset_pipelines(storage::result_store& store, const std::vector<plan_ptr>& plans) {
  for (const auto& plan : plans)
    if (auto done = storage::reset(store, plan->definition().name); !done)
      return done;
  return {};
}

/// Waits for the end; the first interrupt asks for a clean one.
actors::analysis_result watch(actors::analysis& running, bool quiet) {
  progress line{quiet};
  auto stopping = false;
  for (;;) {
    if (auto ended = running.wait(std::chrono::milliseconds{100}))
      return *ended;
    auto at = running.progress();
    auto seconds = static_cast<double>(line.elapsed().count()) / 1000;
    line.show(fmt::format("{:.1f} s  {} messages  {:.0f}/s  {}", seconds, at.consumed,
                          static_cast<double>(at.consumed) / std::max(seconds, 0.001), describe_progress(at)));
    if (interrupted() && !stopping) {
      running.stop();
      stopping = true;
    }
  }
}

int run(const analyze_options& options, bool quiet) {
  auto settings = options.connection.resolve();
  if (!settings)
    return say_problems(settings.error());
  config::load_options load;
  load.environment = config::process_environment();
  load.now = wall_now();
  auto plans = compile_pipelines(options.pipelines, load);
  if (!plans)
    return say_problems(plans.error());
  auto lookups = lookup_files::open(*plans);
  if (!lookups)
    return say_problems(lookups.error());
  auto checkpoint_every = parse_duration(options.checkpoint_every);
  if (!checkpoint_every || checkpoint_every->count() == 0)
    return say_failure(
        {error_kind::invalid,
         fmt::format("--checkpoint-every {}: must be a duration above 0, such as 5s", options.checkpoint_every),
         false});
  if (options.start != "earliest" && options.start != "latest")
    return say_failure(
        {error_kind::invalid, fmt::format("--start {}: must be earliest or latest", options.start), false});

  auto from_files = options.from.starts_with("file:") && options.from.size() > 5;
  if (!from_files && options.from != "kafka")
    return say_failure({error_kind::invalid, fmt::format("--from {}: must be kafka or file:DIR", options.from), false});
  // In this order: a source that is not there leaves no store behind.
  auto group = options.group.empty() ? default_group(*plans) : options.group;
  auto input =
      from_files ? open_files(options, options.from.substr(5), *plans) : open_kafka(options, *settings, group, *plans);
  if (!input)
    return say_failure(input.error());
  auto store = open_writable_store(settings->store);
  if (!store)
    return say_failure(store.error());
  if (options.reset)
    if (auto done = reset_pipelines(**store, *plans); !done)
      return say_failure(done.error());

  actors::analysis_options watching;
  watching.topics = watched_topics(options, *plans, group, from_files ? "" : settings->topics.prefix);
  watching.checkpoint_every = *checkpoint_every;
  watching.until_end = options.until_end || from_files;
  watching.start =
      options.start == "latest" ? transport::start_offset::where::latest : transport::start_offset::where::earliest;
  watching.side_messages = input->side_messages;
  watching.lookups = [files = *lookups](const std::string& pipeline) { return files->latest(pipeline); };
  actors::system_config config{options.threads};
  caf::actor_system system{config};
  auto running = actors::analysis::start(system, std::move(input->source), **store, std::move(watching));
  if (!running)
    return say_failure(running.error());
  auto result = watch(**running, quiet);
  auto at = (*running)->progress();
  if (result.failure)
    return say_failure(*result.failure);
  if (input->rejects != nullptr)
    if (auto done = input->rejects->finish(); !done)
      return say_failure(done.error());

  boost::json::object report{{"command", "analyze"}, {"consumed", at.consumed}};
  add_analysis_figures(report, at);
  add_process_figures(report);
  if (auto kept = record_run(**store, report); !kept)
    return say_failure(kept.error());
  if (!options.report.empty())
    if (auto written = write_report(report, options.report); !written)
      return say_failure(written.error());
  if (!quiet && options.report != "-") {
    if (at.consumed == 0 && at.resumed_messages > 0)
      say(fmt::format("already at the end: {} messages were taken in before", at.resumed_messages));
    say(fmt::format("{} messages, {} windows, {} alerts, {} late, {} dead letters in {:.1f} s", at.consumed, at.windows,
                    at.alerts, at.late, at.dead_letters, report["wall_seconds"].as_double()));
    if (at.not_fed > 0)
      say(fmt::format("{} events were older than the watermark, and kept from features, detectors and rules: "
                      "a greater \"disorder\" in the pipeline would take them in",
                      at.not_fed));
  }
  return exit_done;
}

} // namespace

void add_analyze_command(program& to) {
  auto& command =
      add_command(to.app, "analyze", "Windows and alerts over any JSON topic, from Kafka or files",
                  "  throng analyze my-pipeline.json --from file:DIR\n"
                  "  throng analyze city-climate bank-fraud --brokers localhost:9092 --until-end\n"
                  "  throng analyze my-pipeline.json --brokers localhost:9092 --store mongodb://localhost/throng");
  auto options = std::make_shared<analyze_options>();
  command.add_option("pipelines", options->pipelines, "Files or presets: see throng pipeline list")->required();
  command.add_option("--from", options->from, "kafka, or file:DIR (DIR/TOPIC.ndjson, .gz and .zst too)")
      ->capture_default_str();
  options->connection.add_to(command);
  command.add_option("--partitions", options->partitions, "Into how many partitions a file is split by its key")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_flag("--until-end", options->until_end, "Stop at the end that each partition has now (files: always)");
  command.add_option("--consumer-group", options->group, "Name of the group; default throng. and the pipelines' names");
  command.add_option("--start", options->start, "earliest or latest, where there is no checkpoint")
      ->capture_default_str();
  command.add_flag("--reset", options->reset, "Delete these pipelines' results, alerts and checkpoints first");
  command.add_option("--checkpoint-every", options->checkpoint_every, "Wall time between checkpoints")
      ->capture_default_str();
  command
      .add_option("--record", options->record,
                  "Keep the books, entities and labels of this topic too, for audit and score (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--rejects", options->rejects, "A folder for late messages and dead letters (files only)");
  command.add_option("--threads", options->threads, "Threads that actors run on; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--report", options->report, "One JSON object at the end, to a file or - for standard output");
  command.callback([&to, options] { to.chosen = [&to, options] { return run(*options, to.global.quiet); }; });
}

} // namespace throng::service
