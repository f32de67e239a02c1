// The groups that a partition's windows are cut by: the values of `group_by` as a number, as canonical text and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/event.hpp"
#include "analytics/text_ids.hpp"

namespace throng::analytics {

/// One list of `group_by`; windows with the same list share it.
struct group_plan {
  std::vector<std::string> names;
  std::vector<slot> slots;
};

class group_table {
public:
  using id = text_ids::id;

  explicit group_table(const group_plan& plan)
      : plan_(&plan) {}

  /// The event's group. Held by nobody yet: cells hold it, or release_if_unheld() frees it.
  id of(const event& e);
  /// A group from a checkpoint. @throws corrupt_state
  id restore(std::string_view key);

  void hold(id which) {
    keys_.hold(which);
  }
  void release(id which) {
    keys_.release(which);
  }
  void release_if_unheld(id which) {
    keys_.release_if_unheld(which);
  }

  /// Canonical: a JSON array of the values' canonical text, in the order of `group_by`.
  const std::string& key(id which) const {
    return keys_.text(which);
  }
  /// `{"district": "centre"}`; absent, and what is not finite, is null; a number with an integer's value is an integer.
  /// Made from the key each time: it is wanted a few times in a window's life, and would be most of a group's memory.
  boost::json::object json(id which) const;

private:
  const group_plan* plan_;
  text_ids keys_;
  std::string scratch_;
};

} // namespace throng::analytics
