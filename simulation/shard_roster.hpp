// Who lives in a shard, and where: entities, their numbers in the shard, and the rows of tables that hold them. Leaves to shard_core when
// they wake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "simulation/entity_table.hpp"
#include "simulation/shard_core.hpp"

namespace throng::simulation {

/// Locals are numbered through the tables, so their order is that of (population, index); those who came later follow.
class shard_roster {
public:
  struct place {
    entity_table* table;
    std::size_t row;
  };

  shard_roster(const world& of, std::uint32_t shard, std::uint32_t shards, pace kinds);

  /// Tables for who has come with the successor, behind the others. @pre the tables that were there have adopted it
  void adopt(const world& before, const world& successor);

  std::size_t size() const {
    return entities_;
  }
  pace kinds() const {
    return kinds_;
  }
  /// One a block of a population of this shard's pace, none empty.
  const std::vector<std::unique_ptr<entity_table>>& tables() const {
    return tables_;
  }
  /// The local number of a table's first row.
  std::uint32_t first_of(std::size_t table) const {
    return firsts_[table];
  }

  place place_of(std::uint32_t local) const {
    auto table = tables_.size() - 1;
    while (firsts_[table] > local) // populations are few
      --table;
    return {tables_[table].get(), local - firsts_[table]};
  }
  bool owns(entity_ref entity) const;
  /// @pre owns(entity)
  std::uint32_t local_of(entity_ref entity) const;

  void save(state_writer& to) const;
  /// @throws foreign_state
  void load(state_reader& from);

private:
  void add(const world& of, std::uint32_t population, std::size_t block);

  const world* world_;
  std::uint32_t shard_;
  std::uint32_t shards_;
  pace kinds_;
  std::vector<std::unique_ptr<entity_table>> tables_;
  std::vector<std::uint32_t> firsts_;
  std::vector<std::vector<std::size_t>> tables_of_population_;
  std::size_t entities_ = 0;
};

} // namespace throng::simulation
