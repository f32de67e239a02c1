// What `enrich` does to an event, in one partition: which version of each lookup is in use, and the fields that a row gives.
// Leaves to others when a newer version is offered: it takes effect with the next message, and is part of the state, so
// that what was made with a version is made with it again.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/event.hpp"
#include "analytics/lookup_table.hpp"
#include "analytics/partition_task.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

struct enrichment_plan {
  struct added {
    slot into = 0;
    owned_value otherwise; ///< for a key that is not there
  };
  config::enrichment definition;
  slot on = 0;
  std::vector<added> add;
};

class enricher {
public:
  explicit enricher(const std::vector<enrichment_plan>& plans);

  /// Fills the added fields. Text in them lives as long as the version that is in use. Allocates nothing for short keys.
  void apply(event& e) const;

  /// @param latest one a plan, or of the first ones @returns what differs from what was in use, which is in use from now on
  std::vector<input_change> use(const lookup_tables& latest);

  void save(bool only_changes, const std::function<void(state_entry&&)>& put);
  /// An entry `e/INDEX/`. Throws corrupt_state.
  void restore(std::size_t index, std::string_view text);

  /// The version of a plan's table that is in use; null: none yet.
  const lookup_table* in_use(std::size_t plan) const {
    return in_use_[plan].get();
  }

  std::size_t size() const {
    return plans_->size();
  }

private:
  const std::vector<enrichment_plan>* plans_;
  lookup_tables in_use_; ///< null: none yet
  std::vector<bool> changed_;
};

} // namespace throng::analytics
