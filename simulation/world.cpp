#include "simulation/world.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "simulation/random.hpp"

namespace throng::simulation {

std::string_view name(topic which) {
  constexpr std::array<std::string_view, topic_count> names{"iot.readings",    "web.requests", "web.clicks",
                                                            "web.views",       "web.ratings",  "bank.transactions",
                                                            "support.tickets", "truth.labels"};
  return names[static_cast<std::size_t>(which)];
}

std::string_view key_field(topic which) {
  constexpr std::array<std::string_view, topic_count> fields{"sensor_id", "client_id",  "user_id",   "user_id",
                                                             "user_id",   "account_id", "client_id", "entity"};
  return fields[static_cast<std::size_t>(which)];
}

world::world(config::scenario scenario)
    : scenario_(std::move(scenario)) {
  for (const auto& population : scenario_.populations) {
    auto& of_kind = kinds_[population.behaviour.index()];
    populations_.push_back({entities_, number_of_name(population.name), of_kind});
    entities_ += population.count;
    of_kind += population.count;
  }
}

expected<std::shared_ptr<const world>> world::make(config::scenario scenario) {
  for (const auto& incident : scenario.incidents) {
    const auto found = std::find_if(scenario.populations.begin(), scenario.populations.end(),
                                    [&](const auto& population) { return population.name == incident.population; });
    if (found == scenario.populations.end())
      return fail(error_kind::invalid,
                  fmt::format("incident {}: there is no population \"{}\"", incident.kind, incident.population));
  }
  return std::shared_ptr<const world>(new world(std::move(scenario)));
}

timestamp world::end() const {
  return scenario_.duration.count() > 0 ? scenario_.start + scenario_.duration : greatest_timestamp;
}

entity_ref world::entity_of_kind(std::size_t kind, std::uint32_t number) const {
  for (std::uint32_t i = 0; i < populations_.size(); ++i)
    if (kind_of(i) == kind) {
      const auto first = populations_[i].first_of_kind;
      if (number - first < scenario_.populations[i].count)
        return {i, number - first};
    }
  return {};
}

} // namespace throng::simulation
