#include "simulation/world.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "simulation/entity_kinds.hpp"
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
  std::shared_ptr<const world> made(new world(std::move(scenario)));
  for (const auto& incident : made->scenario().incidents) {
    const auto population = made->population_named(incident.population);
    if (!population)
      return fail(error_kind::invalid,
                  fmt::format("incident {}: there is no population \"{}\"", incident.kind, incident.population));
    const auto known = incident_kinds_of(made->kind_of(*population));
    if (std::find(known.begin(), known.end(), incident.kind) == known.end())
      return fail(error_kind::invalid,
                  fmt::format("incident {} cannot befall the population \"{}\": its entities know {}", incident.kind,
                              incident.population, fmt::join(known, ", ")));
  }
  return made;
}

timestamp world::end() const {
  return scenario_.duration.count() > 0 ? scenario_.start + scenario_.duration : greatest_timestamp;
}

std::vector<topic> world::topics() const {
  std::array<bool, topic_count> written{};
  written[static_cast<std::size_t>(topic::truth_labels)] = true;
  for (std::uint32_t i = 0; i < populations_.size(); ++i)
    for (const auto& channel : channels_of(kind_of(i)))
      written[static_cast<std::size_t>(channel.in)] = true;
  std::vector<topic> all;
  for (auto each : all_topics)
    if (written[static_cast<std::size_t>(each)])
      all.push_back(each);
  return all;
}

std::optional<std::uint32_t> world::population_named(std::string_view name) const {
  for (std::uint32_t i = 0; i < populations_.size(); ++i)
    if (scenario_.populations[i].name == name)
      return i;
  return std::nullopt;
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
