// The world as its scenario fixes it: populations, seeds, topics. Immutable, and shared by everyone in the simulation.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
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

/// An entity: the population's index in `config::scenario::populations`, and its own index in it.
struct entity_ref {
  std::uint32_t population = 0;
  std::uint32_t index = 0;
  friend auto operator<=>(const entity_ref&, const entity_ref&) = default;
};

/// Everything that is fixed before the world starts.
class world {
public:
  /// @param scenario checked by config/; this adds nothing that can fail but what needs the whole of it
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
  std::size_t entity_count() const;
  std::int32_t partitions() const {
    return scenario_.settings.topics.partitions;
  }
  /// Topics that this world's populations can write to, truth.labels always among them.
  std::vector<topic> topics() const;

  /// For tests of supervision only: called at the begin of each wake, and may throw. Empty otherwise.
  std::function<void(entity_ref, timestamp now, std::uint32_t restarts)> fault;

private:
  config::scenario scenario_;
};

} // namespace throng::simulation
