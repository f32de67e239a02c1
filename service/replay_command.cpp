#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include <boost/json/object.hpp>
#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "service/dead_letters.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/number_checks.hpp"
#include "service/replay_pace.hpp"
#include "service/replay_sink.hpp"
#include "service/replay_source.hpp"
#include "service/report.hpp"

namespace throng::service {

namespace {

struct replay_options {
  connection_options connection;
  std::vector<std::string> files;
  std::string topic;
  std::string key;
  std::string timestamp;
  std::string unit;
  std::vector<std::string> texts;
  std::string to = "kafka";
  std::string speed = "max";
  double rate = 0;
  bool force = false;
  bool from_dead_letter = false;
  dead_letter_choice dead;
  std::string report;
};

/// Waits until then, or until a stop is asked for.
void wait_until(std::chrono::steady_clock::time_point due) {
  while (!interrupted() && std::chrono::steady_clock::now() < due)
    std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(due - std::chrono::steady_clock::now(),
                                                                              std::chrono::milliseconds{50}));
}

constexpr std::size_t most_at_once = 1'000;

expected<std::uint64_t> send_all(replay_source& from, replay_sink& to, replay_pace with) {
  std::optional<std::chrono::steady_clock::time_point> begin;
  std::vector<replayed> waiting;
  std::uint64_t sent = 0;
  auto send = [&]() -> expected<void> {
    if (waiting.empty())
      return {};
    auto taken = to.send(waiting);
    if (taken)
      sent += waiting.size();
    waiting.clear();
    return taken;
  };
  while (!from.done() && !interrupted()) {
    auto next = from.next();
    if (!next)
      return tl::unexpected{next.error()};
    if (!*next)
      continue;
    if (!begin)
      begin = std::chrono::steady_clock::now();
    auto due = *begin + with.due((*next)->timestamp_ms);
    if (waiting.size() == most_at_once || due > std::chrono::steady_clock::now())
      if (auto done = send(); !done)
        return tl::unexpected{done.error()};
    wait_until(due);
    if (interrupted())
      break;
    waiting.push_back(std::move(**next));
  }
  if (auto done = send(); !done)
    return tl::unexpected{done.error()};
  if (auto done = to.finish(); !done)
    return tl::unexpected{done.error()};
  return sent;
}

expected<double> speed_of(const std::string& text) {
  if (text == "max")
    return 0;
  char* end = nullptr;
  auto speed = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(speed > 0) || speed > 1e9)
    return fail(error_kind::invalid,
                fmt::format("--speed {}: must be max or a number above 0: seconds of the messages' "
                            "times that pass in a second",
                            text));
  return speed;
}

expected<replay_fields> fields_of(const replay_options& options, bool needs_times) {
  static const std::map<std::string, std::int64_t> units{
      {"", 0}, {"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}};
  auto unit = units.find(options.unit);
  if (unit == units.end())
    return fail(error_kind::invalid, fmt::format("--timestamp-unit {}: must be s, ms, us or ns", options.unit));
  return replay_fields{options.key, options.timestamp, unit->second, options.texts, needs_times};
}

expected<std::unique_ptr<replay_source>> source_of(const replay_options& options, const config::settings& settings,
                                                   bool needs_times) {
  if (options.from_dead_letter) {
    if (!options.files.empty() || !options.key.empty() || !options.timestamp.empty())
      return fail(error_kind::invalid, "--from-dead-letter takes messages from the topic analytics.dead_letter as they "
                                       "were: leave out files, --key and --timestamp");
    return open_dead_letters(settings, options.dead);
  }
  if (options.files.empty())
    return fail(error_kind::invalid, "give files to replay, or --from-dead-letter");
  if (options.topic.empty())
    return fail(error_kind::invalid, "--topic says where the messages of files go");
  return fields_of(options, needs_times).and_then([&](const auto& fields) {
    return open_replay_files(options.files, fields);
  });
}

int run(const replay_options& options, bool quiet) {
  auto settings = options.connection.resolve();
  if (!settings)
    return say_problems(settings.error());
  auto speed = speed_of(options.speed);
  if (!speed)
    return say_failure(speed.error());
  if (*speed > 0 && options.rate > 0)
    return say_failure({error_kind::invalid, "--rate and --speed are two paces: give one", false});
  const replay_pace pace{options.rate, *speed};
  auto from = source_of(options, *settings, pace.needs_times());
  if (!from)
    return say_failure(from.error());
  auto to = make_replay_sink(options.to, options.topic, *settings, options.force);
  if (!to)
    return say_failure(to.error());
  auto sent = send_all(**from, **to, pace);
  if (!sent)
    return say_failure(sent.error());
  const auto keyless = (*from)->without_key();
  if (!quiet)
    say(fmt::format("{} messages{}{}", *sent, interrupted() ? ", stopped" : "",
                    keyless > 0 ? fmt::format("; {} had no field {} and went without a key", keyless, options.key)
                                : ""));
  if (options.report.empty())
    return exit_done;
  boost::json::object report{{"command", "replay"}, {"events", *sent}};
  add_process_figures(report);
  if (auto written = write_report(report, options.report); !written)
    return say_failure(written.error());
  return exit_done;
}

} // namespace

void add_replay_command(program& to) {
  auto& command =
      add_command(to.app, "replay", "Files of messages, or dead letters after a fix, into a topic",
                  "  throng replay readings.ndjson --topic iot.readings --key sensor_id --brokers localhost:9092\n"
                  "  throng replay orders.records.ndjson.zst --topic orders --speed 60\n"
                  "  throng replay trips.csv.gz --topic trips --key vehicle --timestamp started_at --speed 10\n"
                  "  throng replay lake/web.clicks/*/*/*.parquet --topic clicks --to file:streams\n"
                  "  throng replay --from-dead-letter --pipeline city-climate --brokers localhost:9092");
  auto options = std::make_shared<replay_options>();
  command.add_option(
      "files", options->files,
      "Files of a message a line (.ndjson, .records.ndjson) or row (.csv), also .gz and .zst, or .parquet");
  options->connection.add_to(command);
  command.add_option("--topic", options->topic, "Where they go, without the prefix");
  command.add_option("--key", options->key, "Field whose value is the message's key: a dotted path");
  command.add_option("--timestamp", options->timestamp,
                     "Field with the Kafka timestamp: a dotted path; else now, or a record's own");
  command.add_option("--timestamp-unit", options->unit, "s, ms, us or ns, of a timestamp that is a number");
  command
      .add_option("--text", options->texts, "Columns of CSV files that are text even where a cell looks like a number")
      ->delimiter(',');
  command.add_option("--to", options->to, "kafka, stdout, file:DIR or null")->capture_default_str();
  command.add_option("--rate", options->rate, "At most so many a second")->check(above_zero());
  command
      .add_option("--speed", options->speed, "At the pace of their timestamps: 1 is as it was, 60 a minute a second")
      ->capture_default_str();
  command.add_flag("--force", options->force, "Replace a file that is there");
  command.add_flag(
      "--from-dead-letter", options->from_dead_letter,
      "What pipelines have refused goes back to its topic, for the pipeline that refused it, each message once");
  command.add_option("--pipeline", options->dead.pipeline, "With --from-dead-letter: only what this pipeline refused");
  command.add_option("--reason", options->dead.reason,
                     "With --from-dead-letter: only what was refused for this reason");
  command.add_option("--report", options->report, "One JSON object, to a file or - for standard output");
  command.callback([&to, options] { to.chosen = [&to, options] { return run(*options, to.global.quiet); }; });
}

} // namespace throng::service
