// The rows of one population in one shard, and the wake of one of them. entity_table hides which core it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "config/murmur2.hpp"
#include "simulation/entity.hpp"
#include "simulation/state_bytes.hpp"
#include "simulation/wake_frame.hpp"

namespace throng::simulation {

/// Which entities of a population a table holds: those of one block with an index of `first`, `first + every`, ...
struct table_place {
  std::uint32_t population = 0;
  std::size_t block = 0;
  std::uint32_t first = 0;
  std::uint32_t every = 1;
};

class entity_table {
public:
  virtual ~entity_table() = default;

  virtual std::size_t size() const = 0;
  virtual entity_ref entity(std::size_t row) const = 0;
  virtual timestamp due(std::size_t row) const = 0;
  virtual std::uint32_t restarts(std::size_t row) const = 0;
  /// The world goes on under other parameters. @returns whether those of this population are others
  virtual bool adopt(const world& successor) = 0;

  virtual void prefetch(std::size_t row) const = 0;
  /// Wakes a copy of the row, and replaces the row when that returns. The frame's slot has the output. Thread-safe for
  /// different rows. Throws what the core threw; then the row is as it was.
  virtual void wake(std::size_t row, wake_frame& frame) = 0;
  /// Gives the row a new random stream, of one restart more.
  virtual void restart(std::size_t row) = 0;

  /// What the wakes so far have made of the rows.
  virtual void save(state_writer& to) const = 0;
  virtual void load(state_reader& from) = 0;

  virtual std::int64_t money(std::size_t row) const = 0;
  /// Channels, then truth.labels for each key.
  virtual std::span<const channel_state> states(std::size_t row) const = 0;
  virtual void set_state(std::size_t row, std::size_t state, channel_state to) = 0;
  virtual topic topic_of(std::size_t state) const = 0;
  virtual std::string_view key_of(std::size_t row, std::size_t state) const = 0;
};

template <entity_core Core>
class table_of final : public entity_table {
public:
  table_of(const world& in, const table_place& place)
      : world_(&in)
      , place_(place) {
    common_.emplace(in, place.population);
    const auto& block = in.blocks(place.population)[place.block];
    const auto end = std::uint64_t{block.first_index} + block.count;
    if (place.first < end)
      rows_.reserve((end - place.first + place.every - 1) / place.every);
    for (auto index = std::uint64_t{place.first}; index < end; index += place.every)
      rows_.push_back(make_row({place.population, static_cast<std::uint32_t>(index)}, block.born));
    count_living();
  }

  std::size_t size() const override {
    return rows_.size();
  }
  entity_ref entity(std::size_t row) const override {
    return {place_.population, place_.first + static_cast<std::uint32_t>(row) * place_.every};
  }
  timestamp due(std::size_t row) const override {
    return rows_[row].living.core.due();
  }
  std::uint32_t restarts(std::size_t row) const override {
    return rows_[row].restarts;
  }

  bool adopt(const world& successor) override {
    const auto& before = world_->scenario().populations[place_.population].behaviour;
    const auto retuned = before != successor.scenario().populations[place_.population].behaviour;
    world_ = &successor;
    common_.emplace(successor, place_.population);
    count_living();
    return retuned;
  }

  void prefetch(std::size_t row) const override {
    constexpr std::size_t line = 64;
    const auto* bytes = reinterpret_cast<const char*>(&rows_[row]); // NOLINT: an address, no more
    for (std::size_t at = 0; at < sizeof(rows_[row]) + line - 1; at += line)
      __builtin_prefetch(bytes + at, 1);
  }

  void wake(std::size_t row, wake_frame& frame) override {
    auto& kept = rows_[row];
    auto copy = kept.living;
    frame.head = &copy.head;
    frame.channels = Core::channels;
    frame.states = copy.states;
    frame.keys = kept.keys;
    frame.resting = row >= living_;
    wake_context context{frame};
    copy.core.wake(context, *common_);
    if (!frame.over)
      throw std::logic_error("an entity returned before its wake was over");
    kept.living = copy;
  }

  void restart(std::size_t row) override {
    auto& kept = rows_[row];
    ++kept.restarts;
    kept.living.head.random = stream_of(world_->scenario().seed, world_->population_number(place_.population),
                                        entity(row).index, kept.restarts);
  }

  void save(state_writer& to) const override {
    to.put(sizeof(living_row));
    to.put(rows_.size());
    for (const auto& row : rows_) {
      to.put(row.living);
      to.put(row.restarts);
    }
  }
  void load(state_reader& from) override {
    from.require(sizeof(living_row));
    from.require(rows_.size());
    for (auto& row : rows_) {
      from.get(row.living);
      from.get(row.restarts);
    }
  }

  std::int64_t money(std::size_t row) const override {
    if constexpr (requires(const Core& core) { core.money(); })
      return rows_[row].living.core.money();
    else
      return 0;
  }
  std::span<const channel_state> states(std::size_t row) const override {
    return rows_[row].living.states;
  }
  void set_state(std::size_t row, std::size_t state, channel_state to) override {
    rows_[row].living.states[state] = to;
  }
  topic topic_of(std::size_t state) const override {
    return state < Core::channels.size() ? Core::channels[state].in : topic::truth_labels;
  }
  std::string_view key_of(std::size_t row, std::size_t state) const override {
    const auto count = Core::channels.size();
    return rows_[row].keys[state < count ? Core::channels[state].key : state - count].text.view();
  }

private:
  /// What a wake may change.
  struct living_row {
    row_head head;
    std::array<channel_state, Core::channels.size() + Core::keys> states{};
    Core core;
  };
  struct row {
    living_row living;
    std::array<row_key, Core::keys> keys;
    std::uint32_t restarts = 0;
  };
  static_assert(std::is_trivially_copyable_v<living_row>);

  row make_row(entity_ref self, timestamp born) const {
    row_head head;
    head.random = stream_of(world_->scenario().seed, world_->population_number(self.population), self.index, 0);
    Core core{birth{*world_, self, born, head.random}, *common_};
    row made{living_row{head, {}, core}, {}, 0};
    for (std::size_t i = 0; i < Core::keys; ++i) {
      made.keys[i].text = Core::key(*world_, self, i);
      made.keys[i].partition = static_cast<std::uint32_t>(partition_of(made.keys[i].text.view(), world_->partitions()));
    }
    return made;
  }

  /// Those who leave are the last ones.
  void count_living() {
    const auto& block = world_->blocks(place_.population)[place_.block];
    const auto end = block.first_index + block.living;
    living_ = place_.first < end ? (end - place_.first + place_.every - 1) / place_.every : 0;
  }

  const world* world_; ///< the shard's
  table_place place_;
  std::optional<typename Core::common> common_; ///< always there
  std::vector<row> rows_;
  std::size_t living_ = 0; ///< rows from there on have left the population
};

} // namespace throng::simulation
