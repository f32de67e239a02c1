#include "sinks/column_learner.hpp"

#include <algorithm>

namespace throng::sinks {

namespace {

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;

} // namespace

column_learner::column_learner(std::vector<std::string> time_fields, bool skip_places)
    : time_fields_(std::move(time_fields))
    , names_(skip_places) {}

void column_learner::learn(const analytics::sink_rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (const auto row = rows[i]; row.value)
      names_.walk(*row.value, true, [this](std::size_t field, const cell& value) {
        if (field == fields_.size()) {
          const auto& name = names_.name(field);
          fields_.push_back(
              {name, std::find(time_fields_.begin(), time_fields_.end(), name) != time_fields_.end(), {}});
        }
        look_at(fields_[field], value);
      });
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
      seen.inexact_integers |= *whole > exact_in_double || *whole < -exact_in_double;
    } else {
      seen.others = true;
    }
  }
}

} // namespace throng::sinks
