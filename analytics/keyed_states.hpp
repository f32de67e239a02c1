// The states of one feature, detector or rule, by entity: found by number, dropped when event time has passed them, and saved as a
// checkpoint's entries, all or those that changed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analytics/codec.hpp"
#include "analytics/partition_task.hpp"
#include "analytics/text_ids.hpp"
#include "config/time.hpp"

namespace throng::analytics {

/// @tparam State has `void save(byte_writer&) const`; what loads it is given to load()
template <class State>
class keyed_states {
public:
  /// @param prefix of its entries' keys, ends with '/'; the entity's text follows
  keyed_states(std::string prefix, text_ids& entities)
      : prefix_(std::move(prefix))
      , entities_(&entities) {}

  /// The states of many entities are far away in memory. Said for all that an event will ask for, one step of the way each, the waits are
  /// one instead of many (20,000 accounts with six look-backs: a third of the time).
  void near_place(text_ids::id entity) const {
    if (entity < kept_.size())
      __builtin_prefetch(&kept_[entity]);
  }
  /// Null where the entity has no state. @pre near_place()
  const State* near_state(text_ids::id entity) const {
    if (entity >= kept_.size() || !kept_[entity])
      return nullptr;
    const auto* what = kept_[entity].get();
    __builtin_prefetch(what);
    __builtin_prefetch(reinterpret_cast<const char*>(what) + sizeof(kept) - 1); // NOLINT: the last line of it
    return &what->state;
  }
  /// The same of whose turn to be dropped comes next: it has long not been looked at. Null: nobody's.
  const State* near_next_to_expire() const {
    return queue_.empty() ? nullptr : near_state(queue_.front().second);
  }

  /// Null where the entity has no state.
  State* find(text_ids::id entity) {
    return entity < kept_.size() && kept_[entity] ? &kept_[entity]->state : nullptr;
  }

  /// @pre the entity has none
  State& make(text_ids::id entity, State state, timestamp expires) {
    if (entity >= kept_.size())
      kept_.resize(std::max<std::size_t>(entities_->bound(), std::size_t{entity} + 1));
    kept_[entity] = std::make_unique<kept>(kept{std::move(state), expires});
    entities_->hold(entity);
    ++size_;
    queue(expires, entity);
    return kept_[entity]->state;
  }

  /// It has changed, and is dropped once the watermark has reached the greatest `expires` ever given for it.
  void changed(text_ids::id entity, timestamp expires) {
    auto& what = *kept_[entity];
    what.expires = std::max(what.expires, expires);
    if (!what.changed) {
      what.changed = true;
      changed_.push_back(entity);
    }
  }

  /// Drops what the watermark has reached. `drop` sees each entity and state before it goes.
  template <class Drop>
  void expire(timestamp watermark, Drop&& drop) {
    while (!queue_.empty() && queue_.front().first <= watermark.ms) {
      auto entity = queue_.front().second;
      std::pop_heap(queue_.begin(), queue_.end(), std::greater<>{});
      queue_.pop_back();
      // It may have been prolonged since: one place in the queue a state, moved only when its turn comes.
      if (auto expires = kept_[entity]->expires; expires > watermark) {
        queue(expires, entity);
        continue;
      }
      drop(entity, kept_[entity]->state);
      if (kept_[entity]->saved)
        removed_.push_back(entities_->text(entity));
      kept_[entity].reset();
      --size_;
      entities_->release(entity);
    }
  }

  std::size_t size() const {
    return size_;
  }

  template <class See>
  void for_each(See&& see) const {
    for (const auto& each : kept_)
      if (each)
        see(each->state);
  }

  void save(bool only_changes, const std::function<void(state_entry&&)>& put) {
    if (only_changes) {
      // Removals first: an entity that came back since has its new state behind its removal.
      for (const auto& entity : removed_)
        put({prefix_ + entity, std::nullopt});
      for (auto entity : changed_)
        if (entity < kept_.size() && kept_[entity] && kept_[entity]->changed)
          save_one(entity, put);
    } else {
      for (std::size_t i = 0; i < kept_.size(); ++i)
        if (kept_[i])
          save_one(static_cast<text_ids::id>(i), put);
    }
    removed_.clear();
    changed_.clear();
  }

  /// Takes an entry's value back in. `load` makes a State of the bytes behind the expiry.
  template <class Load>
  void restore(std::string_view entity, std::string_view bytes, Load&& load) {
    byte_reader in{bytes};
    timestamp expires{in.i64()};
    auto state = load(in);
    if (!in.at_end())
      throw corrupt_state{"more bytes than a state of an entity has"};
    auto which = entities_->intern(entity);
    make(which, std::move(state), expires);
    kept_[which]->saved = true;
  }

  /// The same of an entry that stands beside others of the entity, and is from now on a part of one state: `load` puts it in. As if it had changed.
  template <class Load>
  void carry_over(std::string_view entity, std::string_view bytes, State empty, Load&& load) {
    byte_reader in{bytes};
    const timestamp expires{in.i64()};
    const auto which = entities_->intern(entity);
    if (find(which) == nullptr)
      make(which, std::move(empty), expires);
    load(in, kept_[which]->state);
    if (!in.at_end())
      throw corrupt_state{"more bytes than a state of an entity has"};
    changed(which, expires);
  }

private:
  struct kept {
    State state;
    timestamp expires;
    bool changed = false;
    bool saved = false; ///< an earlier checkpoint holds it: its removal must be said
  };

  void queue(timestamp expires, text_ids::id entity) {
    queue_.emplace_back(expires.ms, entity);
    std::push_heap(queue_.begin(), queue_.end(), std::greater<>{});
  }

  void save_one(text_ids::id entity, const std::function<void(state_entry&&)>& put) {
    std::string bytes;
    byte_writer out{bytes};
    out.i64(kept_[entity]->expires.ms);
    kept_[entity]->state.save(out);
    kept_[entity]->changed = false;
    kept_[entity]->saved = true;
    put({prefix_ + entities_->text(entity), std::move(bytes)});
  }

  std::string prefix_;
  text_ids* entities_;
  std::vector<std::unique_ptr<kept>> kept_;
  std::size_t size_ = 0;
  std::vector<std::pair<std::int64_t, text_ids::id>> queue_; // a heap, least first
  std::vector<text_ids::id> changed_;
  std::vector<std::string> removed_;
};

} // namespace throng::analytics
