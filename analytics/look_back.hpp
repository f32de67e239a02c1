// The look-backs of a partition: the histories of its entities (look_back_history), found by entity, dropped when event time has passed
// them, saved and restored. Leaves to the engine which events are fed: none older than the watermark.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/event.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/look_back_history.hpp"
#include "analytics/text_ids.hpp"

namespace throng::analytics {

/// The look-backs of one plan in one partition.
class look_back {
public:
  look_back(const look_back_plan& plan, std::string state_prefix, text_ids& entities);

  /// Says that the entity's history will be wanted: for all look-backs step 0, then step 1, and so on to 3.
  void near(text_ids::id entity, int step) const;
  /// Remembers the event if it counts, and fills the features' slots. @pre e.time is not before `watermark`
  void observe(event& e, text_ids::id entity, timestamp watermark);
  /// Drops entities of which nothing can be reached any more.
  void expire(timestamp watermark);

  /// How many entities have a history.
  std::size_t size() const {
    return states_.size();
  }
  /// How many events their histories hold.
  std::size_t events() const {
    return events_;
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put);
  /// @throws corrupt_state
  void restore(std::string_view entity, std::string_view bytes);
  /// The same of what schema version 3 and before wrote, each part of a memory by itself, under `key`. The next save says that the key is gone.
  void restore_former(const look_back_plan::former& of, std::string_view key, std::string_view entity,
                      std::string_view bytes);

private:
  struct state {
    look_back_history history;
    const look_back* owner = nullptr;
    void save(byte_writer& out) const;
  };

  /// Fills now_.
  void read(const event& e, bool counts);
  /// @param counts it is one of the rows', else only looked for
  std::uint32_t number_of(const value& x, bool counts);
  std::uint32_t restored_value(byte_reader& in);
  void gone(const look_back_history::word* row);

  const look_back_plan* plan_;
  text_ids texts_; // canonical texts of values, held once by each row
  std::string scratch_;
  std::vector<look_back_history::word> now_;
  std::size_t events_ = 0;
  std::vector<std::string> former_keys_; ///< that the last checkpoint still has
  keyed_states<state> states_;
};

} // namespace throng::analytics
