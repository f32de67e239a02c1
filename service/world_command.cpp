#include "service/world_command.hpp"

#include <algorithm>
#include <exception>

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "service/command_line.hpp"
#include "service/input_options.hpp"
#include "transport/topics.hpp"

namespace throng::service {

void scenario_options::add_to(CLI::App& command) {
  command.add_option("scenario", scenario, "A file, or a preset: see throng scenario list")
      ->required()
      ->check(can_be(names_of(config::scenario_presets())));
  overlay.add_to(command, true);
  work.add_to(command);
  command
      .add_option("--shards", shards, "Parts that the world's entities are dealt to; changes no byte of what comes out")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

std::string describe_progress(std::chrono::milliseconds elapsed, const actors::world_progress& world) {
  auto seconds = static_cast<double>(elapsed.count()) / 1000;
  auto events = world.events.load();
  const auto behind = static_cast<double>(world.behind_ms.load()) / 1000;
  return fmt::format("{:.1f} s  world at {}{}{}  {} events  {:.0f}/s{}", seconds, to_iso8601({world.virtual_ms.load()}),
                     world.live ? " (live)" : "", behind >= 1 ? fmt::format(", {:.1f} s behind", behind) : "", events,
                     seconds > 0 ? static_cast<double>(events) / seconds : 0.0,
                     world.restarts > 0 ? fmt::format("  {} restarts", world.restarts.load()) : "");
}

namespace {

/// As the broker knows them.
std::vector<std::string> topics_of(const simulation::world& world, const std::vector<std::string>& more) {
  const auto& prefix = world.scenario().settings.topics.prefix;
  std::vector<std::string> names;
  for (auto topic : world.topics())
    names.push_back(prefix + std::string{simulation::name(topic)});
  for (const auto& topic : more)
    names.push_back(prefix + topic);
  return names;
}

} // namespace

expected<void> check_world_topics(const simulation::world& world, const std::vector<std::string>& more,
                                  bool may_hold_messages) {
  const auto& settings = world.scenario().settings;
  auto found = transport::find_topics(settings.kafka, topics_of(world, more));
  if (!found)
    return tl::unexpected{found.error()};
  auto ours = topics_of(world, {});
  std::vector<std::string> fresh;
  for (const auto& topic : *found) {
    if (auto fits = transport::check_partitions(topic, settings.topics); !fits)
      return fits;
    auto used = std::any_of(topic.bounds.begin(), topic.bounds.end(), [](const auto& each) { return each.second > 0; });
    if (used && !may_hold_messages && std::find(ours.begin(), ours.end(), topic.name) != ours.end())
      return fail(error_kind::conflict,
                  fmt::format("topic {} holds messages already: another world's can't be told from this one's. "
                              "Choose other topics with --set topics.prefix=NAME.",
                              topic.name));
    if (!may_hold_messages && std::find(ours.begin(), ours.end(), topic.name) != ours.end())
      fresh.push_back(topic.name); // one that goes on writes what is newer than its start
  }
  const auto kept = transport::kept_for(settings.kafka, fresh);
  if (!kept)
    return tl::unexpected{kept.error()};
  for (const auto& [topic, duration] : *kept)
    if (world.start() < wall_now() - duration)
      return fail(error_kind::conflict,
                  fmt::format("topic {} keeps messages for {} (retention.ms), and the world begins at {}: the brokers "
                              "would delete its messages as they come. Give the topic retention.ms=-1, or choose other "
                              "topics with --set topics.prefix=NAME.",
                              topic, format_duration(duration), to_iso8601(world.start())));
  return {};
}

expected<void> make_world_topics(const simulation::world& world, const std::vector<std::string>& more) {
  const auto& settings = world.scenario().settings;
  auto made = transport::create_missing(settings.kafka, settings.topics, topics_of(world, more));
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
  boost::json::object report{{"command", command},
                             {"scenario", world.scenario().name},
                             {"seed", world.scenario().seed},
                             {"virtual_seconds", static_cast<double>((result.ended - world.start()).count()) / 1000},
                             {"actors", world.entity_count()},
                             {"events", result.events},
                             {"events_by_topic", std::move(by_topic)},
                             {"restarts", result.restarts}};
  if (world.scenario().speed > 0 || world.scenario().then_live)
    report["most_behind_seconds"] = static_cast<double>(result.most_behind.count()) / 1000;
  return report;
}

expected<void> add_money(boost::json::object& report, const actors::world_run& world) {
  const auto money = world.money();
  if (!money)
    return tl::unexpected{money.error()};
  if (*money == simulation::ledger{})
    return {}; // nobody has any
  report["money"] = {{"opening_cents", money->opening}, {"accounted_cents", money->accounted}};
  if (money->opening == money->accounted)
    return {};
  return fail(error_kind::internal,
              fmt::format("accounts opened with {} cents, and {} are accounted for: the world has made or lost money",
                          money->opening, money->accounted));
}

expected<void> store_books(storage::result_store& store, const actors::world_run& world) {
  const auto books = world.books();
  if (!books)
    return tl::unexpected{books.error()};
  if (auto removed = store.remove_records("world_books"); !removed)
    return removed;
  std::vector<storage::record> records;
  records.reserve(books->size());
  for (const auto& book : *books) {
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

expected<std::vector<simulation::book>> stored_books(storage::result_store& store) {
  auto records = store.records("world_books");
  if (!records)
    return tl::unexpected{records.error()};
  std::vector<simulation::book> books;
  for (const auto& record : *records) {
    simulation::book one;
    try {
      const std::string topic{record.at("topic").as_string()};
      const auto found = std::find_if(simulation::all_topics.begin(), simulation::all_topics.end(),
                                      [&](auto each) { return simulation::name(each) == topic; });
      if (found == simulation::all_topics.end())
        continue; // of a later version
      one.in = *found;
      one.key = record.at("key").as_string().c_str();
      one.count = record.at("count").to_number<std::uint64_t>();
      one.first = record.at("first").to_number<std::uint64_t>();
      one.last = record.at("last").to_number<std::uint64_t>();
      one.sum = std::stoull(record.at("sum").as_string().c_str());
    } catch (const std::exception&) {
      return fail(error_kind::corrupt, "the store's books of the world can't be read");
    }
    books.push_back(std::move(one));
  }
  return books;
}

} // namespace throng::service
