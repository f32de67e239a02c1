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
#include "simulation/state_bytes.hpp"

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

  /// This world from the tick that begins at `from` on, with the populations' parameters and counts, the incidents and the trouble of
  /// another scenario. All who live go on as they are; whom a population loses are the last of it, and who joins it is somebody new. An
  /// incident that is not in the other scenario opens no more; one that is new there comes last, so that no other is renumbered.
  /// @returns invalid where the other differs in what is fixed: names and kinds of populations, districts of sensors; or
  /// where an incident that is new opens before `from`
  expected<std::shared_ptr<const world>> succeeded_by(const config::scenario& other, timestamp from) const;

  /// As bytes, for another process of the same program to simulate a part of it: all that the simulation goes by, and nothing of
  /// servers, stores or who is told of alerts.
  void save(state_writer& to) const;
  /// @throws foreign_state
  static std::shared_ptr<const world> load(state_reader& from);

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
  /// All who have ever lived.
  std::size_t entity_count() const {
    return entities_;
  }

  /// Those who came into a population together. Nobody's index or number changes when others come or go, and none is
  /// given twice.
  struct block {
    std::uint32_t first_index = 0;
    std::uint32_t count = 0;
    std::uint32_t living = 0; ///< the first so many; the others have left
    std::uint64_t first = 0;
    std::uint32_t first_of_kind = 0;
    timestamp born;
  };
  const std::vector<block>& blocks(std::uint32_t population) const {
    return populations_[population].blocks;
  }
  /// The index of the nth who lives. @pre nth < the population's count
  std::uint32_t living(std::uint32_t population, std::uint32_t nth) const;
  /// Incidents of the scenario that open no more.
  bool retired(std::uint32_t incident) const {
    return incident < retired_.size() && retired_[incident];
  }

  // Entities are numbered through: by population, then by index, and after them those who came later.
  std::uint64_t number_of(entity_ref entity) const {
    const auto& block = block_of(entity);
    return block.first + (entity.index - block.first_index);
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
    const auto& block = block_of(entity);
    return block.first_of_kind + (entity.index - block.first_index);
  }
  /// Of those who were there at the start: whom people know is drawn among them, so that who comes or goes changes nobody else.
  std::uint32_t count_of_kind(std::size_t kind) const {
    return kinds_[kind];
  }
  /// @pre number < count_of_kind(kind)
  entity_ref entity_of_kind(std::size_t kind, std::uint32_t number) const;

  /// Whose id this is, of any of its keys; none: nobody's here.
  std::optional<entity_ref> entity_named(std::string_view id) const;

  std::int32_t partitions() const {
    return scenario_.settings.topics.partitions;
  }
  /// Topics that this world's populations can write to, truth.labels always among them.
  std::vector<topic> topics() const;

  /// For tests of supervision only: called at the begin of each wake, and may throw. Empty otherwise.
  std::function<void(entity_ref, timestamp now, std::uint32_t restarts)> fault;

private:
  struct population_entry {
    std::uint64_t number = 0;
    std::vector<block> blocks;
  };

  const block& block_of(entity_ref entity) const {
    const auto& blocks = populations_[entity.population].blocks;
    auto at = blocks.size() - 1;
    while (blocks[at].first_index > entity.index)
      --at;
    return blocks[at];
  }
  expected<void> check() const;
  expected<void> resize(std::uint32_t population, std::uint32_t count, timestamp from);
  expected<void> exchange_incidents(const std::vector<config::incident>& wanted, timestamp from);

  explicit world(config::scenario scenario);

  config::scenario scenario_;
  std::vector<population_entry> populations_;
  std::array<std::uint32_t, std::variant_size_v<decltype(config::population::behaviour)>> kinds_{};
  std::array<std::uint32_t, std::variant_size_v<decltype(config::population::behaviour)>> ever_of_kind_{};
  std::size_t entities_ = 0;
  std::vector<bool> retired_; ///< by incident; as long as some have been retired
};

} // namespace throng::simulation
