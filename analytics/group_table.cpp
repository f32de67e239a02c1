#include "analytics/group_table.hpp"

#include <cmath>

#include "analytics/codec.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

group_table::id group_table::of(const event& e) {
  scratch_.clear();
  scratch_ += '[';
  for (std::size_t i = 0; i < plan_->slots.size(); ++i) {
    if (i > 0)
      scratch_ += ',';
    const auto& x = e.slots[plan_->slots[i]];
    append_canonical(scratch_, x.kind() == value_kind::real && !std::isfinite(x.number()) ? value::null() : x);
  }
  scratch_ += ']';
  return keys_.intern(scratch_);
}

group_table::id group_table::restore(std::string_view key) {
  if (!valid_json(key))
    throw corrupt_state{"a group that is not JSON"};
  auto values = parse_json(key);
  if (!values.is_array() || values.get_array().size() != plan_->names.size())
    throw corrupt_state{"a group of other fields"};
  return keys_.intern(key);
}

boost::json::object group_table::json(id which) const {
  // Shown as its canonical text says, so that it does not depend on how the first event wrote it (1 or 1.0).
  auto values = parse_json(keys_.text(which));
  boost::json::object shown;
  for (std::size_t i = 0; i < plan_->names.size(); ++i)
    shown[plan_->names[i]] = std::move(values.get_array()[i]);
  return shown;
}

} // namespace throng::analytics
