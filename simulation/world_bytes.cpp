// A world as bytes (world::save, world::load): what the simulation goes by, and nothing else of the scenario.
#include <utility>

#include "simulation/random.hpp"
#include "simulation/world.hpp"

namespace throng::simulation {

namespace {

template <class T>
void put(state_writer& to, const std::optional<T>& value) {
  to.put(value.has_value());
  to.put(value.value_or(T{}));
}

template <class T>
void get(state_reader& from, std::optional<T>& value) {
  bool there = false;
  T found{};
  from.get(there);
  from.get(found);
  value = there ? std::optional{found} : std::nullopt;
}

void put(state_writer& to, const config::incident& what) {
  to.put(what.kind);
  to.put(what.population);
  to.put(what.count);
  put(to, what.at);
  put(to, what.rate_per_hour);
  to.put(what.duration);
  to.put(what.subtlety);
  to.put(std::uint64_t{what.when.size()});
  for (const auto& bound : what.when) {
    to.put(bound.total);
    to.put(bound.is);
    to.put(bound.bound);
  }
}

void get(state_reader& from, config::incident& what) {
  from.get(what.kind);
  from.get(what.population);
  from.get(what.count);
  get(from, what.at);
  get(from, what.rate_per_hour);
  from.get(what.duration);
  from.get(what.subtlety);
  what.when.resize(from.count(1));
  for (auto& bound : what.when) {
    from.get(bound.total);
    from.get(bound.is);
    from.get(bound.bound);
  }
}

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
  to.put(std::uint64_t{scenario_.incidents.size()});
  for (const auto& each : scenario_.incidents)
    put(to, each);
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
  scenario.incidents.resize(from.count(1));
  for (auto& each : scenario.incidents)
    get(from, each);
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
