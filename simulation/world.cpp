#include "simulation/world.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>
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
    populations_.push_back({number_of_name(population.name),
                            {{0, population.count, population.count, entities_, of_kind, scenario_.start}}});
    entities_ += population.count;
    of_kind += population.count;
  }
  ever_of_kind_ = kinds_;
}

expected<void> world::check() const {
  for (const auto& incident : scenario_.incidents) {
    const auto population = population_named(incident.population);
    if (!population)
      return fail(error_kind::invalid,
                  fmt::format("incident {}: there is no population \"{}\"", incident.kind, incident.population));
    const auto known = incident_kinds_of(kind_of(*population));
    if (std::find(known.begin(), known.end(), incident.kind) == known.end())
      return fail(error_kind::invalid,
                  fmt::format("incident {} cannot befall the population \"{}\": its entities know {}", incident.kind,
                              incident.population, fmt::join(known, ", ")));
  }
  return {};
}

expected<std::shared_ptr<const world>> world::make(config::scenario scenario) {
  std::shared_ptr<const world> made(new world(std::move(scenario)));
  if (auto checked = made->check(); !checked)
    return tl::unexpected{checked.error()};
  return made;
}

expected<void> world::resize(std::uint32_t population, std::uint32_t count, timestamp from) {
  auto& of = scenario_.populations[population];
  auto& blocks = populations_[population].blocks;
  if (count > of.count) {
    const auto joining = count - of.count;
    const auto first_index = blocks.back().first_index + blocks.back().count;
    auto& of_kind = ever_of_kind_[kind_of(population)];
    if (first_index > std::numeric_limits<std::uint32_t>::max() - joining)
      return fail(error_kind::invalid, fmt::format("population {}: no numbers are left for more", of.name));
    blocks.push_back({first_index, joining, joining, entities_, of_kind, from});
    entities_ += joining;
    of_kind += joining;
  }
  auto leaving = count < of.count ? of.count - count : 0;
  for (auto block = blocks.rbegin(); leaving > 0; ++block) {
    const auto some = std::min(leaving, block->living);
    block->living -= some;
    leaving -= some;
  }
  of.count = count;
  return {};
}

expected<void> world::exchange_incidents(const std::vector<config::incident>& wanted, timestamp from) {
  auto& all = scenario_.incidents;
  std::vector<bool> kept(all.size(), false);
  const auto before = all.size();
  retired_.resize(before, false);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::size_t same = 0;
    while (same < before && (kept[same] || retired_[same] || !(all[same] == wanted[i])))
      ++same;
    if (same < before) {
      kept[same] = true;
      continue;
    }
    if (wanted[i].at && start() + *wanted[i].at < from)
      return fail(error_kind::invalid,
                  fmt::format("incidents[{}].at: {} after the start has passed: the world is at {} after it", i,
                              format_duration(*wanted[i].at), format_duration(from - start())));
    all.push_back(wanted[i]);
  }
  for (std::size_t i = 0; i < before; ++i)
    if (!kept[i])
      retired_[i] = true;
  retired_.resize(all.size(), false);
  return {};
}

expected<std::shared_ptr<const world>> world::succeeded_by(const config::scenario& other, timestamp from) const {
  std::shared_ptr<world> next(new world(*this));
  auto& populations = next->scenario_.populations;
  if (other.populations.size() != populations.size())
    return fail(error_kind::invalid,
                "populations: none can be added or removed while the world runs; another count can be set");
  for (std::uint32_t i = 0; i < populations.size(); ++i) {
    const auto& wanted = other.populations[i];
    if (wanted.name != populations[i].name || wanted.behaviour.index() != kind_of(i))
      return fail(error_kind::invalid,
                  fmt::format("populations.{}: a population keeps its name and kind while the world runs",
                              populations[i].name));
    const auto* sensors = std::get_if<config::sensor_population>(&wanted.behaviour);
    if (sensors != nullptr &&
        sensors->districts != std::get<config::sensor_population>(populations[i].behaviour).districts)
      return fail(
          error_kind::invalid,
          fmt::format("populations.{}.districts: sensors stay where they are while the world runs", wanted.name));
    if (auto resized = next->resize(i, wanted.count, from); !resized)
      return tl::unexpected{resized.error()};
    populations[i].behaviour = wanted.behaviour;
  }
  if (auto exchanged = next->exchange_incidents(other.incidents, from); !exchanged)
    return tl::unexpected{exchanged.error()};
  next->scenario_.trouble = other.trouble;
  if (auto checked = next->check(); !checked)
    return tl::unexpected{checked.error()};
  return next;
}

std::uint32_t world::living(std::uint32_t population, std::uint32_t nth) const {
  for (const auto& block : populations_[population].blocks) {
    if (nth < block.living)
      return block.first_index + nth;
    nth -= block.living;
  }
  throw std::logic_error("a population has fewer than was asked for");
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
    if (kind_of(i) == kind)
      for (const auto& block : populations_[i].blocks)
        if (number - block.first_of_kind < block.count)
          return {i, block.first_index + (number - block.first_of_kind)};
  return {};
}

std::optional<entity_ref> world::entity_named(std::string_view id) const {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 5> prefixes{
      {{"sensor-", 0}, {"client-", 1}, {"user-", 1}, {"account-", 2}, {"customer-", 3}}};
  for (const auto& [prefix, kind] : prefixes) {
    if (!id.starts_with(prefix))
      continue;
    const auto digits = id.substr(prefix.size());
    std::uint32_t number = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || code != std::errc{} || end != digits.data() + digits.size() || number >= ever_of_kind_[kind])
      return std::nullopt;
    return entity_of_kind(kind, number);
  }
  return std::nullopt;
}

} // namespace throng::simulation
