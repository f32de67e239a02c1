// The world as its scenario fixes it: populations, seeds, topics. Immutable, and shared by everyone in the simulation.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/scenario.hpp"

namespace throng::simulation {

enum class topic : std::uint8_t {
  iot_readings,
  web_requests,
  web_clicks,
  web_views,
  web_ratings,
  bank_transactions,
  support_tickets,
  truth_labels,
};
inline constexpr std::size_t topic_count = 8;
inline constexpr std::array<topic, topic_count> all_topics{
    topic::iot_readings, topic::web_requests,      topic::web_clicks,      topic::web_views,
    topic::web_ratings,  topic::bank_transactions, topic::support_tickets, topic::truth_labels};

/// `iot.readings` and so on, without the prefix.
std::string_view name(topic which);
/// The field that repeats the Kafka key: `sensor_id`, `user_id`, ...
std::string_view key_field(topic which);

/// An entity: the population's index in `config::scenario::populations`, and its own index in it.
struct entity_ref {
  std::uint32_t population = 0;
  std::uint32_t index = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm
  friend auto operator<=>(const entity_ref&, const entity_ref&) = default;
};

/// Everything that is fixed before the world starts.
class world {
public:
  /// @param scenario checked by config/; this adds nothing that can fail but what needs the whole of it
  /// @returns invalid where an incident names a population that is not there, or a kind that its entities don't know
  static expected<std::shared_ptr<const world>> make(config::scenario scenario);

  const config::scenario& scenario() const {
    return scenario_;
  }
  timestamp start() const {
    return scenario_.start;
  }
  /// Exclusive; the greatest time where the scenario has no end.
  timestamp end() const;
  /// The tick's length: `message_delay`.
  milliseconds tick() const {
    return scenario_.message_delay;
  }
  /// A multiple of the tick: how far entities that depend on nobody else may be woken ahead, and at whose multiples, counted
  /// from the start, incidents open on them (semantics.md 1).
  milliseconds lookahead() const {
    return std::max(tick(), scenario_.lookahead / tick() * tick());
  }
  std::size_t entity_count() const {
    return entities_;
  }

  // Entities are numbered through: by population, then by index.
  std::uint64_t number_of(entity_ref entity) const {
    return populations_[entity.population].first + entity.index;
  }
  std::optional<std::uint32_t> population_named(std::string_view name) const;
  /// Of the population's name; what its entities' random streams are derived from, so that a population added to the
  /// scenario changes nothing for the others.
  std::uint64_t population_number(std::uint32_t population) const {
    return populations_[population].number;
  }

  // Entities of one kind are numbered through as well, over all its populations: ids are made of that number.
  // A kind is the index in the variant of config::population.
  std::size_t kind_of(std::uint32_t population) const {
    return scenario_.populations[population].behaviour.index();
  }
  std::uint32_t number_in_kind(entity_ref entity) const {
    return populations_[entity.population].first_of_kind + entity.index;
  }
  std::uint32_t count_of_kind(std::size_t kind) const {
    return kinds_[kind];
  }
  /// @pre number < count_of_kind(kind)
  entity_ref entity_of_kind(std::size_t kind, std::uint32_t number) const;

  std::int32_t partitions() const {
    return scenario_.settings.topics.partitions;
  }
  /// Topics that this world's populations can write to, truth.labels always among them.
  std::vector<topic> topics() const;

  /// For tests of supervision only: called at the begin of each wake, and may throw. Empty otherwise.
  std::function<void(entity_ref, timestamp now, std::uint32_t restarts)> fault;

private:
  struct population_entry {
    std::uint64_t first = 0;
    std::uint64_t number = 0;
    std::uint32_t first_of_kind = 0;
  };

  explicit world(config::scenario scenario);

  config::scenario scenario_;
  std::vector<population_entry> populations_;
  std::array<std::uint32_t, std::variant_size_v<decltype(config::population::behaviour)>> kinds_{};
  std::size_t entities_ = 0;
};

} // namespace throng::simulation
