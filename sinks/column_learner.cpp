#include "sinks/column_learner.hpp"

#include <algorithm>

namespace throng::sinks {

column_learner::column_learner(std::vector<std::string> time_fields, bool skip_places)
    : time_fields_(std::move(time_fields))
    , names_(skip_places) {}

void column_learner::learn(const analytics::sink_rows& rows, std::size_t begin, std::size_t end) {
  for (auto i = begin; i < end; ++i) {
    const auto row = rows[i];
    if (!row.value)
      continue;
    row_.clear();
    const auto object = names_.walk(*row.value, true, [this](std::size_t field, const cell& value) {
      if (field == fields_.size()) {
        const auto& name = names_.name(field);
        fields_.push_back({name, std::find(time_fields_.begin(), time_fields_.end(), name) != time_fields_.end(), {}});
      }
      row_.emplace_back(field, value);
    });
    if (object)
      for (const auto& [field, value] : row_)
        look_at(fields_[field], value);
  }
}

std::vector<std::pair<std::string, config::column_kind>> column_learner::columns() const {
  std::vector<std::pair<std::string, config::column_kind>> made;
  for (const auto& each : fields_)
    made.emplace_back(each.name, each.seen.kind());
  return made;
}

void column_learner::look_at(learnt& of, const cell& value) {
  auto& seen = of.seen;
  switch (value.is) {
  case cell::what::null:
    return;
  case cell::what::flag:
    seen.flags = true;
    return;
  case cell::what::nested:
    seen.others = true;
    return;
  case cell::what::text:
    (of.may_be_time && time_of(value, times_) ? seen.times : seen.others) = true;
    return;
  case cell::what::number:
    if (!value.integral) {
      seen.fractions = true;
    } else if (auto whole = integer_of(value)) {
      seen.integers = true;
      seen.inexact_integers |= !exact_in_double(*whole);
    } else {
      seen.others = true;
    }
  }
}

} // namespace throng::sinks
