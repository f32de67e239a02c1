#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "service/number_checks.hpp"
#include "service/topic_options.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

std::int64_t messages_in(const transport::topic_description& topic) {
  std::int64_t messages = 0;
  for (const auto& [first, end] : topic.bounds)
    messages += end - first;
  return messages;
}

int list(const config::settings& settings) {
  auto topics = transport::list_topics(settings.kafka, true);
  if (!topics)
    return say_failure(topics.error());
  fmt::print("{:<40} {:>10} {:>11} {:>14}\n", "topic", "partitions", "replication", "messages");
  for (const auto& topic : *topics)
    fmt::print("{:<40} {:>10} {:>11} {:>14}\n", topic.name, topic.partitions, topic.replication, messages_in(topic));
  return exit_done;
}

int create(const config::settings& settings, const topic_options& options) {
  auto plans = plan_topics(options, settings.topics);
  if (!plans)
    return say_failure(plans.error());
  if (auto made = transport::create_topics(settings.kafka, *plans); !made)
    return say_failure(made.error());
  for (const auto& plan : *plans) {
    std::string properties;
    for (const auto& [name, value] : plan.properties)
      properties += fmt::format(", {}={}", name, value);
    fmt::print("made {}: {} partitions, replication {}{}\n", plan.name, plan.partitions, plan.replication, properties);
  }
  return exit_done;
}

void print_details(const transport::topic_details& of) {
  const auto& topic = of.topic;
  fmt::print("{}: {} partitions, replication {}, {} messages\n", topic.name, topic.partitions, topic.replication,
             messages_in(topic));
  for (const auto& [name, value] : of.set)
    fmt::print("  {}={}\n", name, value);
  fmt::print("  {:>9} {:>6}  {:<12} {:<12} {:>12} {:>12}\n", "partition", "leader", "replicas", "in sync", "first",
             "end");
  for (std::size_t i = 0; i < of.replicas.size(); ++i) {
    const auto& copies = of.replicas[i];
    fmt::print("  {:>9} {:>6}  {:<12} {:<12} {:>12} {:>12}{}\n", i,
               copies.leader < 0 ? "none" : std::to_string(copies.leader),
               fmt::format("{}", fmt::join(copies.replicas, ",")), fmt::format("{}", fmt::join(copies.in_sync, ",")),
               topic.bounds[i].first, topic.bounds[i].second,
               copies.in_sync.size() < copies.replicas.size() ? "  replicas lag" : "");
  }
}

int describe(const config::settings& settings, const std::vector<std::string>& names) {
  auto topics = transport::describe_topics(settings.kafka, names);
  if (!topics)
    return say_failure(topics.error());
  for (const auto& each : *topics)
    print_details(each);
  return exit_done;
}

int remove(const config::settings& settings, const std::vector<std::string>& names) {
  if (auto done = transport::delete_topics(settings.kafka, names); !done)
    return say_failure(done.error());
  for (const auto& name : names)
    fmt::print("deleted {}\n", name);
  return exit_done;
}

struct topics_options {
  connection_options connection;
  topic_options topic;
};

void add_create_options(CLI::App& command, topic_options& options) {
  command.add_option("--partitions", options.partitions, "How many; else topics.partitions of the settings (4)")
      ->check(above_zero());
  command.add_option("--replication", options.replication, "Copies; else topics.replication of the settings (1)")
      ->check(above_zero());
  command
      .add_option("--retention", options.retention,
                  "How long messages are kept by their time, such as 7d, or forever (the default)")
      ->check(can_be({"forever"}));
  command.add_option("--retention-bytes", options.retention_bytes, "How much of a partition is kept; -1 is all");
  command.add_flag("--compact", options.compact,
                   "Keep the newest message of each key (with --retention: no longer than that)");
  command.add_option("--property", options.properties, "NAME=VALUE of Kafka's own topic properties (repeatable)")
      ->allow_extra_args(false);
}

} // namespace

void add_topics_command(program& to) {
  auto& command = add_command(to.app, "topics", "Topics of a Kafka cluster",
                              "  throng topics list --brokers localhost:9092\n"
                              "  throng topics create orders --partitions 8 --retention 7d --brokers localhost:9092");
  command.require_subcommand(1);
  auto options = std::make_shared<topics_options>();
  auto add = [&](const std::string& name, const std::string& sentence, const std::string& example,
                 auto use) -> CLI::App& {
    auto& added = add_command(command, name, sentence, example);
    options->connection.add_cluster_to(added);
    added.callback([&to, options, use] {
      to.chosen = [options, use] {
        return with_cluster(options->connection,
                            [&](const config::settings& settings) { return use(settings, *options); });
      };
    });
    return added;
  };
  auto add_names = [&](CLI::App& added) {
    added.add_option("topics", options->topic.names, "Their names in the cluster, prefix included")->required();
  };
  add("list", "Partitions, replicas and messages of each topic", "  throng topics list --brokers localhost:9092",
      [](const auto& settings, const auto&) { return list(settings); });
  auto& creating = add("create", "Make topics",
                       "  throng topics create orders payments --partitions 8 --replication 3 --retention 7d\n"
                       "  throng topics create customers --compact --property min.insync.replicas=2",
                       [](const auto& settings, const auto& o) { return create(settings, o.topic); });
  add_names(creating);
  add_create_options(creating, options->topic);
  add_names(add("describe", "Leaders, replicas, offsets and properties of topics", "  throng topics describe orders",
                [](const auto& settings, const auto& o) { return describe(settings, o.topic.names); }));
  add_names(add("delete", "Delete topics, with all that they hold", "  throng topics delete orders",
                [](const auto& settings, const auto& o) { return remove(settings, o.topic.names); }));
}

} // namespace throng::service
