#include "service/world_command.hpp"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "actors/kafka_sink.hpp"
#include "service/command_line.hpp"
#include "transport/topics.hpp"

namespace throng::service {

void scenario_options::add_to(CLI::App& command) {
  command.add_option("scenario", scenario, "A file, or a preset: see throng scenario list")
      ->required()
      ->check(can_be(names_of(config::scenario_presets())));
  overlay.add_to(command, true);
  work.add_to(command);
}

std::string describe_progress(std::chrono::milliseconds elapsed, const actors::world_progress& world) {
  auto seconds = static_cast<double>(elapsed.count()) / 1000;
  auto events = world.events.load();
  return fmt::format("{:.1f} s  world at {}  {} events  {:.0f}/s{}", seconds, to_iso8601({world.virtual_ms.load()}),
                     events, seconds > 0 ? static_cast<double>(events) / seconds : 0.0,
                     world.restarts > 0 ? fmt::format("  {} restarts", world.restarts.load()) : "");
}

expected<void> open_world_topics(const simulation::world& world, const std::vector<std::string>& more) {
  const auto& settings = world.scenario().settings;
  std::vector<std::string> names;
  for (auto topic : world.topics())
    names.push_back(settings.topics.prefix + std::string{simulation::name(topic)});
  for (const auto& topic : more)
    names.push_back(settings.topics.prefix + topic);
  // Before any is made: a topic that was made just now may not know its leaders yet.
  if (auto unused = actors::refuse_used_topics(world); !unused)
    return unused;
  auto made = transport::create_missing(settings.kafka, settings.topics, names);
  if (!made)
    return tl::unexpected{made.error()};
  for (const auto& name : *made)
    spdlog::info("made topic {} with {} partitions", name, settings.topics.partitions);
  return {};
}

boost::json::object world_report(const std::string& command, const simulation::world& world,
                                 const actors::world_result& result) {
  boost::json::object by_topic;
  for (auto topic : world.topics())
    by_topic[simulation::name(topic)] = result.by_topic[static_cast<std::size_t>(topic)];
  return {{"command", command},
          {"scenario", world.scenario().name},
          {"seed", world.scenario().seed},
          {"virtual_seconds", static_cast<double>((result.ended - world.start()).count()) / 1000},
          {"actors", world.entity_count()},
          {"events", result.events},
          {"events_by_topic", std::move(by_topic)},
          {"restarts", result.restarts}};
}

expected<void> store_books(storage::result_store& store, const std::vector<simulation::book>& books) {
  if (auto removed = store.remove_records("world_books"); !removed)
    return removed;
  std::vector<storage::record> records;
  records.reserve(books.size());
  for (const auto& book : books) {
    std::string topic{simulation::name(book.in)};
    // The sum is modulo 2^64, which no JSON number holds safely: text.
    records.push_back({topic + "/" + book.key,
                       {{"topic", topic},
                        {"key", book.key},
                        {"count", book.count},
                        {"first", book.first},
                        {"last", book.last},
                        {"sum", std::to_string(book.sum)}}});
  }
  return store.put_records("world_books", records);
}

} // namespace throng::service
