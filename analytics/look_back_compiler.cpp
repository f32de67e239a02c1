#include "analytics/look_back_compiler.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "analytics/json_text.hpp"

namespace throng::analytics {

namespace {

std::size_t column_of(look_back_plan& plan, const look_back_plan::column& wanted) {
  for (std::size_t i = 0; i < plan.columns.size(); ++i)
    if (auto& known = plan.columns[i];
        known.what == wanted.what && known.field == wanted.field && known.lon == wanted.lon) {
      known.seen = known.seen || wanted.seen;
      return i;
    }
  plan.columns.push_back(wanted);
  return plan.columns.size() - 1;
}

} // namespace

void look_back_compiler::add(const config::feature& feature, const std::string& path) {
  using kind = config::feature_kind;
  std::vector<std::string> wanted; // fields
  if (feature.kind == kind::speed)
    wanted = {feature.field, feature.lon};
  else if (feature.kind == kind::habit && !feature.group.empty())
    wanted = {feature.field, feature.group};
  else if (feature.kind != kind::count && feature.kind != kind::since)
    wanted = {feature.field};
  else if (!feature.field.empty()) {
    found_.wrong(path, fmt::format("count and since take no field, but true; {} was given", feature.field));
    return;
  }
  for (const auto& field : wanted) {
    if (!found_.plain_name(field, path))
      return;
    for (const auto& other : features_)
      if (other.name == field)
        found_.wrong(
            path,
            fmt::format("{} is a feature: features see the message and what derive adds, not one another", other.name));
  }

  look_back_plan::feature made;
  made.kind = feature.kind;
  made.over = feature.over;
  made.by_group = !feature.group.empty();
  // `since` needs no field of its own, and shares the memory of what counts.
  std::string events_of = feature.field + '\n' + feature.lon + '\n' + feature.group + '\n';
  if (feature.where)
    append_canonical_json(events_of, *feature.where);
  auto [place, is_new] = memories_by_events_.try_emplace(events_of, memories_.size());
  if (is_new) {
    auto& memory = memories_.emplace_back();
    if (!wanted.empty())
      memory.field = fields_.lookup(feature.field);
    if (feature.kind == kind::speed)
      memory.lon = fields_.lookup(feature.lon);
    if (!feature.group.empty())
      memory.group = fields_.lookup(feature.group);
    if (feature.where && !feature.where->empty()) {
      append_canonical_json(memory.where_text, *feature.where);
      if (auto where = match::compile(*feature.where, path + ".where", fields_, name_scope::pipeline);
          found_.take(where))
        memory.where = std::move(*where);
    }
  }
  auto& memory = memories_[place->second];
  memory.longest = std::max(memory.longest, feature.over);
  memory.seen = memory.seen || feature.kind == kind::seen;
  if (feature.kind == kind::distinct || feature.kind == kind::seen)
    memory.values = true;
  else if (!wanted.empty())
    memory.numbers = true;
  memory.features.push_back(made);
  places_.push_back({place->second, memory.features.size() - 1, feature.name});
}

std::vector<look_back_plan> look_back_compiler::finish(std::vector<std::string>& added) {
  constexpr int most_times_as_long = 4;
  for (const auto& [memory, feature, name] : places_) {
    added.push_back(name);
    memories_[memory].features[feature].into = fields_.computed_field(name);
  }
  std::vector<look_back_plan> look_backs;
  std::vector<std::size_t> order(memories_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [this](std::size_t a, std::size_t b) { return memories_[a].longest > memories_[b].longest; });
  std::vector<std::string> where_texts; // by look-back
  for (auto index : order) {
    auto& memory = memories_[index];
    auto which = std::size_t{0};
    while (which < look_backs.size() &&
           (where_texts[which] != memory.where_text ||
            (memory.field && look_backs[which].longest > memory.longest * most_times_as_long)))
      ++which;
    if (which == look_backs.size()) {
      auto& plan = look_backs.emplace_back();
      plan.where = std::move(memory.where);
      plan.longest = memory.longest;
      where_texts.push_back(memory.where_text);
    }
    auto& plan = look_backs[which];
    using kind = look_back_plan::column::kind;
    look_back_plan::former former{index, std::nullopt, std::nullopt};
    if (memory.numbers)
      former.numbers = memory.lon ? column_of(plan, {kind::place, *memory.field, *memory.lon})
                                  : column_of(plan, {kind::number, *memory.field});
    if (memory.group)
      former.values = column_of(plan, {kind::group, *memory.group});
    else if (memory.values)
      former.values = column_of(plan, {kind::value, *memory.field, 0, memory.seen});
    for (auto& feature : memory.features) {
      feature.numbers = former.numbers.value_or(0);
      feature.values = former.values.value_or(0);
      plan.features.push_back(feature);
    }
    plan.formers.push_back(former);
  }
  return look_backs;
}

} // namespace throng::analytics
