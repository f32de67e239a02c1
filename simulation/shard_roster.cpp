#include "simulation/shard_roster.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "simulation/entity_kinds.hpp"

namespace throng::simulation {

std::uint32_t shard_of(const world& world, entity_ref entity, std::uint32_t shards) {
  return static_cast<std::uint32_t>(world.number_of(entity) % shards);
}

shard_roster::shard_roster(const world& of, std::uint32_t shard, std::uint32_t shards, pace kinds)
    : world_(&of)
    , shard_(shard)
    , shards_(shards)
    , kinds_(kinds)
    , tables_of_population_(of.scenario().populations.size()) {
  std::vector<std::tuple<std::uint64_t, std::uint32_t, std::size_t>> blocks; // in the order in which they came
  for (std::uint32_t i = 0; i < tables_of_population_.size(); ++i)
    for (std::size_t block = 0; block < of.blocks(i).size(); ++block)
      blocks.emplace_back(of.blocks(i)[block].first, i, block);
  std::sort(blocks.begin(), blocks.end());
  for (const auto& [first, population, block] : blocks)
    add(of, population, block);
}

void shard_roster::adopt(const world& before, const world& successor) {
  world_ = &successor;
  for (std::uint32_t i = 0; i < tables_of_population_.size(); ++i)
    for (auto block = before.blocks(i).size(); block < successor.blocks(i).size(); ++block)
      add(successor, i, block);
}

void shard_roster::add(const world& of, std::uint32_t population, std::size_t block) {
  if (kinds_ != pace::both && (kinds_ == pace::ahead) != far_sighted(of.kind_of(population)))
    return;
  // The first index whose global number belongs to this shard.
  const auto& added = of.blocks(population)[block];
  const auto skip = (shard_ + shards_ - static_cast<std::uint32_t>(added.first % shards_)) % shards_;
  auto made = make_table(of, {population, block, added.first_index + skip, shards_});
  if (made->size() == 0)
    return;
  tables_of_population_[population].push_back(tables_.size());
  firsts_.push_back(static_cast<std::uint32_t>(entities_));
  entities_ += made->size();
  tables_.push_back(std::move(made));
}

bool shard_roster::owns(entity_ref entity) const {
  return shard_of(*world_, entity, shards_) == shard_ && !tables_of_population_[entity.population].empty();
}

std::uint32_t shard_roster::local_of(entity_ref entity) const {
  const auto& tables = tables_of_population_[entity.population];
  auto at = tables.size() - 1;
  while (tables_[tables[at]]->entity(0).index > entity.index) // most have one
    --at;
  const auto table = tables[at];
  return firsts_[table] + (entity.index - tables_[table]->entity(0).index) / shards_;
}

void shard_roster::save(state_writer& to) const {
  to.put(shard_);
  to.put(shards_);
  to.put(kinds_);
  to.put(tables_.size());
  for (const auto& table : tables_)
    table->save(to);
}

void shard_roster::load(state_reader& from) {
  from.require(shard_);
  from.require(shards_);
  from.require(kinds_);
  from.require(tables_.size());
  for (auto& table : tables_)
    table->load(from);
}

} // namespace throng::simulation
