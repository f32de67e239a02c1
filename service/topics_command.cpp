#include <memory>

#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

int list(const connection_options& options) {
  auto settings = options.resolve();
  if (!settings)
    return say_problems(settings.error());
  if (settings->kafka.embedded())
    return say_failure({error_kind::invalid,
                        "the embedded cluster lives only as long as its run: name a real one with --brokers HOST:PORT",
                        false});
  auto topics = transport::list_topics(settings->kafka, true);
  if (!topics)
    return say_failure(topics.error());
  fmt::print("{:<40} {:>10} {:>11} {:>14}\n", "topic", "partitions", "replication", "messages");
  for (const auto& topic : *topics) {
    std::int64_t messages = 0;
    for (const auto& [first, end] : topic.bounds)
      messages += end - first;
    fmt::print("{:<40} {:>10} {:>11} {:>14}\n", topic.name, topic.partitions, topic.replication, messages);
  }
  return exit_done;
}

} // namespace

void add_topics_command(program& to) {
  auto& command =
      add_command(to.app, "topics", "Topics of a Kafka cluster", "  throng topics list --brokers localhost:9092");
  command.require_subcommand(1);
  auto options = std::make_shared<connection_options>();
  auto& listing = add_command(command, "list", "Partitions, replicas and messages of each topic",
                              "  throng topics list --brokers localhost:9092");
  options->add_to(listing);
  listing.callback([&to, options] { to.chosen = [options] { return list(*options); }; });
}

} // namespace throng::service
