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
    if (plan.add.empty())
      continue; // of thresholds: no event gets them
    const auto* row = in_use_[i] ? in_use_[i]->find(e.slots[plan.on], e.time) : nullptr;
    for (std::size_t column = 0; column < plan.add.size(); ++column)
      e.slots[plan.add[column].into] = row != nullptr ? (*row)[column].view() : plan.add[column].otherwise.view();
  }
}

std::vector<input_change> enricher::use(const lookup_tables& latest) {
  assert(latest.size() <= plans_->size());
  std::vector<input_change> changes;
  for (std::size_t i = 0; i < latest.size(); ++i) {
    if (in_use_[i] && in_use_[i]->version() == latest[i]->version())
      continue;
    const auto& definition = (*plans_)[i].definition;
    if (definition.thresholds && !in_use_[i] && latest[i]->size() == 0)
      continue; // nobody has taught anything: no news for most pipelines
    in_use_[i] = latest[i];
    changed_[i] = true;
    // A topic's rows are in the topic; copies of all of them, one a change, would be more than it.
    changes.push_back({definition.name(), latest[i]->version(), definition.topic.empty() ? latest[i]->text() : ""});
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
  const auto form =
      plan.definition.is_file() ? lookup_table::format_of(plan.definition.lookup) : lookup_table::format::topic;
  auto read = lookup_table::parse(form, std::string{text}, plan.definition.key_name(), plan.definition.add);
  if (!read)
    throw corrupt_state{fmt::format("a version of {} that can't be read", plan.definition.name())};
  in_use_[index] = *read;
}

} // namespace throng::analytics
