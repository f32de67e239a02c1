#include "analytics/enricher.hpp"

#include <cassert>

#include <fmt/format.h>

namespace throng::analytics {

enricher::enricher(const std::vector<enrichment_plan>& plans)
    : plans_(&plans)
    , in_use_(plans.size())
    , changed_(plans.size()) {}

void enricher::apply(event& e) const {
  for (std::size_t i = 0; i < plans_->size(); ++i) {
    const auto& plan = (*plans_)[i];
    const auto* row = in_use_[i] ? in_use_[i]->find(e.slots[plan.on]) : nullptr;
    for (std::size_t column = 0; column < plan.add.size(); ++column)
      e.slots[plan.add[column].into] = row != nullptr ? (*row)[column].view() : plan.add[column].otherwise.view();
  }
}

std::vector<input_change> enricher::use(const lookup_tables& latest) {
  assert(latest.size() == plans_->size());
  std::vector<input_change> changes;
  for (std::size_t i = 0; i < latest.size(); ++i) {
    if (in_use_[i] && in_use_[i]->version() == latest[i]->version())
      continue;
    in_use_[i] = latest[i];
    changed_[i] = true;
    changes.push_back({(*plans_)[i].definition.lookup, latest[i]->version(), latest[i]->text()});
  }
  return changes;
}

void enricher::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  for (std::size_t i = 0; i < in_use_.size(); ++i) {
    if (in_use_[i] && (changed_[i] || !only_changes))
      put({fmt::format("e/{}/", i), in_use_[i]->text()});
    changed_[i] = false;
  }
}

void enricher::restore(std::size_t index, std::string_view text) {
  const auto& plan = (*plans_)[index];
  auto read = lookup_table::parse(lookup_table::format_of(plan.definition.lookup), std::string{text}, plan.key_column,
                                  plan.definition.add);
  if (!read)
    throw corrupt_state{fmt::format("a version of {} that can't be read", plan.definition.lookup)};
  in_use_[index] = *read;
}

} // namespace throng::analytics
