#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include <caf/actor_system.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "actors/analysis.hpp"
#include "actors/system_config.hpp"
#include "service/analysis_input.hpp"
#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/lookup_files.hpp"
#include "service/notifiers.hpp"
#include "service/pipeline_record.hpp"
#include "service/pipeline_sinks.hpp"
#include "service/progress.hpp"
#include "service/result_printer.hpp"
#include "service/serving.hpp"
#include "service/sink_runs.hpp"
#include "service/watching.hpp"
#include "service/work_metrics.hpp"
#include "service/work_options.hpp"
#include "storage/owner_checkpoints.hpp"
#include "storage/passing_store.hpp"

namespace throng::service {

namespace {

struct analyze_options {
  std::vector<std::string> pipelines;
  connection_options connection;
  input_choice input;
  std::string to = "store";
  std::string start = "earliest";
  checkpoint_options checkpoints;
  work_options work;
  serve_option serve;
  bool until_end = false;
  bool reset = false;
};

std::string default_group(const std::vector<plan_ptr>& plans) {
  std::string names;
  for (const auto& plan : plans)
    names += (names.empty() ? "" : "+") + plan->definition().name;
  return "throng." + names;
}

/// The recorder's books are its own: a reset of pipelines does not touch them.
expected<void> reset_pipelines(storage::result_store& store, const std::vector<plan_ptr>& plans) {
  for (const auto& plan : plans)
    for (const auto& owner : owners_of(*plan))
      if (auto done = storage::reset(store, owner); !done)
        return done;
  return {};
}

/// Waits for the end; the first interrupt asks for a clean one.
actors::analysis_result watch(actors::analysis& running, sink_runs& sinks, analysis_input& input, bool to_end,
                              bool quiet) {
  progress line{quiet};
  auto stopping = false;
  for (;;) {
    const auto ended = running.wait(std::chrono::milliseconds{100});
    sinks.look_after();
    const auto kept = sinks.ended();
    if (ended && kept)
      return ended->failure ? *ended : *kept;
    if (ended)
      std::this_thread::sleep_for(std::chrono::milliseconds{100}); // it no longer waits
    auto at = running.progress();
    auto seconds = static_cast<double>(line.elapsed().count()) / 1000;
    line.show(fmt::format("{:.1f} s  {} messages  {:.0f}/s  {}{}", seconds, at.consumed,
                          static_cast<double>(at.consumed) / std::max(seconds, 0.001), describe_progress(at),
                          describe_sinks(sinks)));
    if (auto ends = input.take_stream_ends())
      running.finish_at(std::move(*ends));
    // A stream ends where it is interrupted: nobody could go on with it from a checkpoint.
    const auto interrupt = interrupted() && !input.is_stream();
    const auto over = ended && (ended->failure || !to_end);
    if (!stopping && (interrupt || over || sinks.hopeless())) {
      running.stop();
      sinks.stop();
      stopping = true;
    }
  }
}

expected<transport::start_offset> resolve_start(const analyze_options& options) {
  using where = transport::start_offset::where;
  if (options.start == "earliest")
    return transport::start_offset{where::earliest, 0};
  if (options.input.is_stream())
    return fail(error_kind::invalid,
                fmt::format("--start {}: standard input is read from where it stands", options.start));
  if (options.start == "latest")
    return transport::start_offset{where::latest, 0};
  auto time = parse_time(options.start, wall_now());
  if (!time)
    return fail(error_kind::invalid,
                fmt::format("--start {}: must be earliest, latest or a time: {}", options.start, time.error().message));
  if (options.input.folder())
    return fail(error_kind::invalid, fmt::format("--start {}: messages in files have no Kafka timestamp to start at; "
                                                 "earliest and latest can be told",
                                                 options.start));
  return transport::start_offset{where::time, time->ms};
}

/// Where results go: the store, or for `none` standard output or nowhere.
expected<std::unique_ptr<storage::result_store>> open_results(const analyze_options& options, const std::string& uri,
                                                              std::map<std::string, std::int32_t> partitions) {
  if (uri != "none")
    return options.to == "stdout" ? fail(error_kind::invalid, "--to stdout goes with --store none: results are printed "
                                                              "and kept nowhere")
                                  : open_writable_store(uri);
  if (!options.input.record.empty())
    return fail(error_kind::invalid, "--record keeps books in a store, and --store none has none");
  if (options.to != "stdout")
    return storage::make_passing_store({});
  auto printer = std::make_shared<result_printer>(
      stdout, [partitions = std::move(partitions)](const std::string& pipeline) { return partitions.at(pipeline); });
  return storage::make_passing_store(
      [printer](std::span<const storage::stamped_document> batch) { return printer->print(batch); });
}

expected<std::map<std::string, std::int32_t>> partitions_by_pipeline(const transport::consumer& source,
                                                                     const std::vector<plan_ptr>& plans,
                                                                     const std::string& prefix) {
  std::map<std::string, std::int32_t> result;
  for (const auto& plan : plans) {
    auto count = source.partitions(topic_of_results(*plan, prefix));
    if (!count)
      return tl::unexpected{count.error()};
    result.emplace(plan->definition().name, *count);
  }
  return result;
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
  auto checkpoint_every = options.checkpoints.every();
  if (!checkpoint_every)
    return say_failure(checkpoint_every.error());
  auto start = resolve_start(options);
  if (!start)
    return say_failure(start.error());

  // In this order: a source that is not there leaves no store behind.
  auto choice = options.input;
  if (choice.group.empty())
    choice.group = default_group(*plans);
  auto input = analysis_input::open(choice, *settings, *plans);
  if (!input)
    return say_failure(input.error());
  if (auto tables = analysis_input::open_tables(choice, *settings, **lookups); !tables)
    return say_failure(tables.error());
  auto prefix = choice.from == "kafka" ? settings->topics.prefix : std::string{};
  auto partitions = partitions_by_pipeline(*(*input)->source, *plans, prefix);
  if (!partitions)
    return say_failure(partitions.error());
  auto store = open_results(options, settings->store, std::move(*partitions));
  if (!store)
    return say_failure(store.error());
  if (options.reset)
    if (auto done = reset_pipelines(**store, *plans); !done)
      return say_failure(done.error());
  if (auto opened = (*input)->open_output(choice, *plans, **store, options.reset); !opened)
    return say_failure(opened.error());
  if (choice.from == "kafka")
    if (auto done = empty_unused_topics(*settings, *plans, **store); !done)
      return say_failure(done.error());

  actors::analysis_options watching;
  watching.topics = watched_topics(choice, *plans, prefix);
  watching.checkpoint_every = *checkpoint_every;
  watching.until_end = options.until_end || choice.folder();
  watching.silent_member_kept = milliseconds{settings->kafka.number("session.timeout.ms", 45'000)};
  watching.start = *start;
  watching.replay_from_memory = choice.is_stream();
  const auto side_messages = one_at_a_time((*input)->side_messages);
  auto sinks = open_sinks(*plans, side_messages);
  if (!sinks)
    return say_failure(sinks.error());
  const auto to_end = watching.until_end;
  sink_run_options keeping{watching, prefix, {}};
  keeping.each.topics.clear();
  keeping.open = [choice, &settings, &plans](const config::pipeline& of, const std::string& group) {
    return analysis_input::open_beside(choice, *settings, *plans, of.source, group);
  };
  if (choice.is_stream()) // it can be read once
    watching.sinks = {sinks->begin(), sinks->end()};
  auto told = notifiers::start(settings->notify, **store);
  if (!told)
    return say_failure(told.error());
  watching.side_messages = (*told)->around(side_messages);
  watching.memory = (*input)->memory;
  if (auto read = (*lookups)->open_verdicts(**store); !read)
    return say_failure(read.error());
  watching.lookups = [files = *lookups](const std::string& pipeline) { return files->latest(pipeline); };
  keeping.each.lookups = watching.lookups;
  actors::system_config config{options.work.threads};
  caf::actor_system system{config};
  auto running = actors::analysis::start(system, std::move((*input)->source), **store, std::move(watching));
  if (!running)
    return say_failure(running.error());
  auto kept_apart = sink_runs::start(system, **store, choice.is_stream() ? std::vector<plan_ptr>{} : *plans, *sinks,
                                     std::move(keeping));
  if (!kept_apart)
    return say_failure(kept_apart.error());
  if (auto kept = store_pipelines(**store, *plans); !kept)
    return say_failure(kept.error());
  auto server =
      serve(options.serve.at(), store->get(), {{}, [&of = **running] { return live_figures(nullptr, of.progress()); }});
  if (!server)
    return say_failure(server.error());
  if (*server) {
    const auto progress = [&of = **running] { return of.progress(); };
    add_analysis_metrics((*server)->metrics(), progress);
    add_sink_metrics((*server)->metrics(), *sinks, progress_by_sink(**kept_apart, progress), prefix);
  }
  auto result = watch(**running, **kept_apart, **input, to_end, quiet);
  auto at = (*running)->progress();
  if (result.failure)
    return say_failure(*result.failure);
  if (auto done = (*input)->finish(); !done)
    return say_failure(done.error());

  boost::json::object report{{"command", "analyze"}, {"consumed", at.consumed}};
  add_analysis_figures(report, at);
  if (auto notified = (*told)->finish(); !notified.empty())
    report["notified"] = std::move(notified);
  if (auto concluded = conclude(report, store->get(), options.work); !concluded)
    return say_failure(concluded.error());
  if (!quiet && options.work.report != "-") {
    if (at.consumed == 0 && at.resumed_messages > 0)
      say(fmt::format("already at the end: {} messages were taken in before", at.resumed_messages));
    say(fmt::format("{} messages, {} windows, {} alerts, {} late, {} dead letters in {:.1f} s", at.consumed, at.windows,
                    at.alerts, at.late, at.dead_letters, report["wall_seconds"].as_double()));
    if (at.written > 0)
      say(fmt::format("{} messages written to {}", at.written, fmt::join(named_topics(*plans), ", ")));
    if (at.late_by_window > at.late)
      say(fmt::format(
          "{} times an event was left out of a window that was final: a greater \"disorder\" or \"lateness\" "
          "in the pipeline would take it in",
          at.late_by_window));
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
      add_command(to.app, "analyze", "Windows and alerts over any JSON topic, from Kafka, files or a pipe",
                  "  throng analyze my-pipeline.json --from file:DIR\n"
                  "  throng analyze my-pipeline.json --from stdin --store none --to stdout < x.ndjson | jq\n"
                  "  throng analyze city-climate bank-fraud --brokers localhost:9092 --until-end\n"
                  "  throng analyze my-pipeline.json --brokers localhost:9092 --store mongodb://localhost/throng");
  auto options = std::make_shared<analyze_options>();
  command.add_option("pipelines", options->pipelines, "Files or presets: see throng pipeline list")
      ->required()
      ->check(can_be(names_of(config::pipeline_presets())));
  options->input.add_to(command);
  command.add_option("--to", options->to, "store, or with --store none stdout: results as lines of JSON, as they come")
      ->check(CLI::IsMember({"store", "stdout"}))
      ->capture_default_str();
  options->connection.add_to(command);
  command.add_flag("--until-end", options->until_end, "Stop at the end that each partition has now (files: always)");
  command.add_option("--start", options->start, "earliest, latest or a time (Kafka's), where there is no checkpoint")
      ->check(can_be({"earliest", "latest"}))
      ->capture_default_str();
  command.add_flag("--reset", options->reset, "Delete these pipelines' results, alerts and checkpoints first");
  options->checkpoints.add_to(command);
  options->work.add_to(command);
  options->serve.add_to(command);
  command.callback([&to, options] { to.chosen = [&to, options] { return run(*options, to.global.quiet); }; });
}

} // namespace throng::service
