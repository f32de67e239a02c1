// A world as bytes (world::save, world::load): what the simulation goes by, and nothing else of the scenario.
#include <utility>

#include "simulation/random.hpp"
#include "simulation/world.hpp"

namespace throng::simulation {

template <>
inline constexpr auto state_parts<config::total_bound> =
    std::tuple{&config::total_bound::total, &config::total_bound::is, &config::total_bound::bound};

template <>
inline constexpr auto state_parts<config::incident> =
    std::tuple{&config::incident::kind,     &config::incident::population,    &config::incident::count,
               &config::incident::at,       &config::incident::rate_per_hour, &config::incident::duration,
               &config::incident::subtlety, &config::incident::when};

namespace {

/// The population's parameters, of the kind that has this index in the variant.
template <std::size_t Kind = 0>
void get_behaviour(state_reader& from, std::size_t kind, decltype(config::population::behaviour)& into) {
  if constexpr (Kind < std::variant_size_v<decltype(config::population::behaviour)>) {
    if (kind == Kind)
      from.get(into.emplace<Kind>());
    else
      get_behaviour<Kind + 1>(from, kind, into);
  } else {
    throw foreign_state("the world has a population of a kind that is not known here");
  }
}

} // namespace

void world::save(state_writer& to) const {
  to.put(scenario_.name);
  to.put(scenario_.seed);
  to.put(scenario_.latitude);
  to.put(scenario_.start);
  to.put(scenario_.duration);
  to.put(scenario_.step);
  to.put(scenario_.message_delay);
  to.put(scenario_.lookahead);
  to.put(scenario_.trouble);
  to.put(scenario_.settings.topics.partitions);
  to.put(std::uint64_t{scenario_.populations.size()});
  for (std::size_t i = 0; i < scenario_.populations.size(); ++i) {
    const auto& population = scenario_.populations[i];
    to.put(population.name);
    to.put(population.count);
    to.put(std::uint64_t{population.behaviour.index()});
    std::visit([&](const auto& parameters) { to.put(parameters); }, population.behaviour);
    to.put(populations_[i].blocks);
  }
  to.put(scenario_.incidents);
  to.put(std::uint64_t{retired_.size()});
  for (const bool each : retired_)
    to.put(each);
  to.put(kinds_);
  to.put(ever_of_kind_);
  to.put(std::uint64_t{entities_});
}

std::shared_ptr<const world> world::load(state_reader& from) {
  config::scenario scenario;
  from.get(scenario.name);
  from.get(scenario.seed);
  from.get(scenario.latitude);
  from.get(scenario.start);
  from.get(scenario.duration);
  from.get(scenario.step);
  from.get(scenario.message_delay);
  from.get(scenario.lookahead);
  from.get(scenario.trouble);
  from.get(scenario.settings.topics.partitions);
  std::vector<std::vector<block>> blocks;
  scenario.populations.resize(from.count(1));
  for (auto& population : scenario.populations) {
    std::uint64_t kind = 0;
    from.get(population.name);
    from.get(population.count);
    from.get(kind);
    get_behaviour(from, kind, population.behaviour);
    from.get(blocks.emplace_back());
    if (blocks.back().empty())
      throw foreign_state("the world has a population without anybody");
  }
  from.get(scenario.incidents);
  std::vector<bool> retired(from.count(1));
  for (auto&& each : retired) {
    bool value = false;
    from.get(value);
    each = value;
  }
  std::shared_ptr<world> made(new world(std::move(scenario)));
  for (std::size_t i = 0; i < blocks.size(); ++i)
    made->populations_[i].blocks = std::move(blocks[i]);
  made->retired_ = std::move(retired);
  from.get(made->kinds_);
  from.get(made->ever_of_kind_);
  std::uint64_t entities = 0;
  from.get(entities);
  made->entities_ = entities;
  if (auto checked = made->check(); !checked)
    throw foreign_state(checked.error().message);
  return made;
}

} // namespace throng::simulation
