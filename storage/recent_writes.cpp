#include "storage/recent_writes.hpp"

#include <algorithm>
#include <utility>

#include "storage/checkpoint_header.hpp"
#include "storage/layout.hpp"

namespace throng::storage {

namespace {

std::string event_time_of(analytics::collection of) {
  const auto& fields = queryable_fields(of);
  return std::find(fields.begin(), fields.end(), "start") != fields.end() ? "start" : "time";
}

} // namespace

expected<std::optional<stored_document>> recent_writes::first_of(find_query what) {
  what.limit = 1;
  auto found = store_.find(what);
  if (!found)
    return tl::unexpected(found.error());
  return found->empty() ? std::nullopt : std::optional{std::move(found->front())};
}

expected<std::optional<timestamp>> recent_writes::earliest() {
  auto headers = store_.headers("");
  if (!headers)
    return tl::unexpected(headers.error());
  const auto time_field = event_time_of(of_);
  std::optional<timestamp> earliest;
  for (const auto& header : *headers) {
    const auto whose = parse_header_id(header.id);
    if (!whose)
      continue;
    for (auto& owned : owned_by(whose->owner, whose->topic, whose->partition)) {
      if (owned.in != of_)
        continue;
      auto& mark = marks_[header.id];
      auto newest = first_of({of_, owned.conditions, "offset", true});
      if (!newest)
        return tl::unexpected(newest.error());
      const auto end = *newest ? (*newest)->offset : -1;
      if (std::exchange(mark.generation, header.generation) != header.generation || end < mark.offset)
        mark.offset = -1;
      // From the last offset on, not behind it: what was written at it may have come in two batches.
      owned.conditions.push_back({"offset", condition::comparison::gte, mark.offset});
      mark.offset = end;
      auto first = first_of({of_, std::move(owned.conditions), time_field});
      if (!first)
        return tl::unexpected(first.error());
      if (!*first)
        continue;
      const auto* time = (*first)->body.if_contains(time_field);
      if (time != nullptr && time->is_int64() && (!earliest || time->get_int64() < earliest->ms))
        earliest = timestamp{time->get_int64()};
    }
  }
  return earliest;
}

} // namespace throng::storage
