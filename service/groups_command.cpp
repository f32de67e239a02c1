#include <memory>

#include <fmt/format.h>

#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "transport/groups.hpp"

namespace throng::service {

namespace {

struct groups_options {
  connection_options connection;
  std::vector<std::string> names;
};

void print_group(const transport::group_description& group) {
  std::int64_t lag = 0;
  for (const auto& each : group.partitions)
    lag += each.lag();
  fmt::print("{}: {}, {} {}, lag {}\n", group.name, group.state, group.members,
             group.members == 1 ? "member" : "members", lag);
  if (group.partitions.empty())
    return;
  fmt::print("  {:<36} {:>9} {:>12} {:>12} {:>10}  {}\n", "topic", "partition", "committed", "end", "lag", "read by");
  for (const auto& each : group.partitions)
    fmt::print("  {:<36} {:>9} {:>12} {:>12} {:>10}  {}\n", each.which.topic, each.which.partition,
               each.committed ? std::to_string(*each.committed) : "-", each.end, each.lag(),
               each.member.empty() ? "-" : each.member);
}

int run(const config::settings& settings, const std::vector<std::string>& names) {
  auto groups = transport::describe_groups(settings.kafka, names);
  if (!groups)
    return say_failure(groups.error());
  for (const auto& group : *groups)
    print_group(group);
  return exit_done;
}

} // namespace

void add_groups_command(program& to) {
  auto& command = add_command(to.app, "groups", "Consumer groups of a Kafka cluster, and how far each partition lags",
                              "  throng groups --brokers localhost:9092\n"
                              "  throng groups throng.city-climate --brokers localhost:9092");
  auto options = std::make_shared<groups_options>();
  command.add_option("groups", options->names, "Only these; without any, all");
  options->connection.add_cluster_to(command);
  command.callback([&to, options] {
    to.chosen = [options] {
      return with_cluster(options->connection, [&](const auto& settings) { return run(settings, options->names); });
    };
  });
}

} // namespace throng::service
