#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/message_filter.hpp"
#include "service/number_checks.hpp"
#include "service/peek_options.hpp"

namespace throng::service {

namespace {

/// A broker that has answered before and now says nothing for so long is not waited for.
constexpr std::chrono::seconds patience{30};

struct peek_options {
  connection_options connection;
  std::string topic;
  std::string start = "earliest";
  std::string key;
  std::string where;
  std::string format = "text";
  std::optional<std::int32_t> partition;
  std::optional<std::size_t> limit;
  bool follow = false;
};

int show(transport::topic_reader& topic, const peek_options& options, peek_format as, const message_filter& filter) {
  // Files of records are for programs, which want all.
  auto limit = options.limit.value_or(as == peek_format::records || options.follow ? 0 : 10);
  std::size_t shown = 0;
  auto heard = std::chrono::steady_clock::now();
  while (!topic.done() && !interrupted()) {
    auto message = topic.next(std::chrono::milliseconds{200});
    if (!message)
      return say_failure(message.error());
    auto now = std::chrono::steady_clock::now();
    if (!*message) {
      if (!options.follow && !topic.done() && now - heard > patience)
        return say_failure(
            {error_kind::timed_out,
             fmt::format("topic {}: its brokers have said nothing for {} s", options.topic, patience.count()), true});
      continue;
    }
    heard = now;
    if (!filter.wants(**message))
      continue;
    if (limit > 0 && shown == limit) {
      say(fmt::format("more: --limit {} shows no more than that, 0 all", limit));
      break;
    }
    auto line = message_line(**message, as) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || (options.follow && std::fflush(stdout) != 0))
      break; // run_program says why
    ++shown;
  }
  if (shown == 0 && !interrupted())
    say(fmt::format("topic {}: no message{} there", options.topic,
                    options.key.empty() && options.where.empty() ? "" : " like that"));
  return exit_done;
}

int run(const config::settings& settings, const peek_options& options) {
  auto as = parse_peek_format(options.format);
  if (!as)
    return say_failure(as.error());
  transport::topic_reader::choice what{options.partition, {}, {}, options.follow};
  if (auto read = read_position(options.start, wall_now(), what); !read)
    return say_failure(read.error());
  auto filter = message_filter::make(options.key, options.where);
  if (!filter)
    return say_failure(filter.error());
  auto topic = transport::topic_reader::open(settings.kafka, options.topic, what);
  if (!topic)
    return say_failure(topic.error());
  return show(**topic, options, *as, *filter);
}

} // namespace

void add_peek_command(program& to) {
  auto& command =
      add_command(to.app, "peek", "Messages of a Kafka topic, as they are",
                  "  throng peek iot.readings --brokers localhost:9092\n"
                  "  throng peek orders --start -5 --key customer-17\n"
                  "  throng peek orders --start 2026-01-05T06:00:00Z --where '{\"total\": {\"$gt\": 100}}' --limit 3\n"
                  "  throng peek orders --start latest --follow\n"
                  "  throng peek orders --format records > streams/orders.records.ndjson");
  auto options = std::make_shared<peek_options>();
  command.add_option("topic", options->topic, "Its name in the cluster, prefix included")->required();
  options->connection.add_cluster_to(command);
  command.add_option("--partition", options->partition, "Only this one")->check(from_zero());
  command
      .add_option("--start", options->start,
                  "earliest, latest, an offset, -N (so many before each end) or a time (Kafka's)")
      ->check(can_be({"earliest", "latest"}))
      ->capture_default_str();
  command.add_option("--key", options->key, "Only messages with this key");
  command.add_option("--where", options->where, "MongoDB's match operators over the values that are JSON objects");
  command.add_option("--limit", options->limit, "At most this many; 0 is all (text, ndjson: 10; records, --follow: 0)")
      ->check(from_zero());
  command.add_option("--format", options->format, "text, ndjson, or records for throng analyze --from file:DIR")
      ->check(can_be({"text", "ndjson", "records"}))
      ->capture_default_str();
  command.add_flag("--follow", options->follow, "Go on with what comes, until it is stopped");
  command.callback([&to, options] {
    to.chosen = [options] {
      return with_cluster(options->connection, [&](const auto& settings) { return run(settings, *options); });
    };
  });
}

} // namespace throng::service
