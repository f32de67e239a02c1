#include "query/presented.hpp"

#include <algorithm>

#include "analytics/json_text.hpp"
#include "config/time.hpp"

namespace throng::query {

namespace {

using compare = storage::condition::comparison;

// Fields of a stored body that are not part of what commands.md shows.
void take_internals_away(boost::json::object& document, subject of) {
  if (of != subject::events)
    document.stable_erase("partition");
  if (of == subject::windows) {
    document.stable_erase("topic");
    document.stable_erase("group_key");
  }
}

std::string_view entity_field(subject of) {
  return of == subject::events ? "key" : "entity";
}

} // namespace

std::string_view time_field(subject of) {
  switch (of) {
  case subject::windows:
  case subject::labels:
  case subject::cases:
    return "start";
  case subject::alerts:
  case subject::entities:
  case subject::events:
    return "time";
  case subject::thresholds:
    return "at";
  case subject::runs:
  case subject::mutes:
    return "";
  }
  return "";
}

bool is_collection(subject of) {
  return of != subject::runs && of != subject::mutes && of != subject::cases && of != subject::thresholds;
}

analytics::collection collection_of(subject of) {
  switch (of) {
  case subject::alerts:
    return analytics::collection::alerts;
  case subject::entities:
    return analytics::collection::entities;
  case subject::labels:
    return analytics::collection::labels;
  case subject::events:
    return analytics::collection::events;
  default:
    return analytics::collection::windows;
  }
}

std::pair<std::string, bool> sort_order(const request& what) {
  if (what.sort.empty())
    return {std::string(time_field(what.subject)), false};
  bool falling = what.sort.front() == '-';
  return {what.sort.substr(falling ? 1 : 0), falling};
}

bool sorts_at_store(subject of, std::string_view field) {
  if (of == subject::windows || !is_collection(of))
    return false;
  const auto& fields = storage::queryable_fields(collection_of(of));
  return std::find(fields.begin(), fields.end(), field) != fields.end() && field != "partition";
}

void present_times(boost::json::object& document, analytics::collection of) {
  for (auto field : analytics::time_fields(of)) {
    auto* found = document.if_contains(field);
    // From year 0 on, which ISO 8601 with four digits begins with.
    constexpr std::int64_t least = -62'167'219'200'000;
    if (found != nullptr && found->is_int64() && found->get_int64() >= least &&
        found->get_int64() <= greatest_timestamp.ms)
      *found = to_iso8601({found->get_int64()});
  }
}

void present(boost::json::object& document, subject of) {
  take_internals_away(document, of);
  present_times(document, collection_of(of));
}

expected<std::vector<presented>> stored_results(storage::result_store& store, const overtaken& no_result,
                                                const request& what, std::size_t limit,
                                                const boost::json::value& from_value) {
  auto of = collection_of(what.subject);
  storage::find_query query{of, {}, "", false, 0};
  auto add = [&](std::string_view field, compare is, boost::json::value value) {
    query.conditions.push_back({std::string(field), is, std::move(value)});
  };
  if (!what.pipeline.empty())
    add("pipeline", compare::eq, boost::json::value(what.pipeline));
  if (!what.entity.empty())
    add(entity_field(what.subject), compare::eq, boost::json::value(what.entity));
  if (what.from)
    add(time_field(what.subject), compare::gte, what.from->ms);
  if (what.to)
    add(time_field(what.subject), compare::lt, what.to->ms);
  auto [field, falling] = sort_order(what);
  if (sorts_at_store(what.subject, field)) {
    query.order_by = field;
    query.descending = falling;
    query.limit = limit;
    if (!from_value.is_null())
      add(field, falling ? compare::lte : compare::gte, from_value);
  }
  auto found = find_results(store, no_result, std::move(query));
  if (!found)
    return tl::unexpected(found.error());
  std::vector<presented> out;
  out.reserve(found->size());
  for (auto& each : *found) {
    present(each.body, what.subject);
    out.push_back({std::move(each.id), std::move(each.body)});
  }
  return out;
}

} // namespace throng::query
