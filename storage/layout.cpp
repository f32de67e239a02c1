#include "storage/layout.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace throng::storage {

namespace {

using analytics::collection;

// Beside what queries ask for, each collection has an index for what a claim deletes: its owner's documents of a partition from an
// offset on.
const std::array<layout, all_collections.size()> layouts{{
    {{"pipeline", "window", "start", "end", "group_key", "partition"},
     {{"pipeline", "window", "start"},
      {"pipeline", "window", "group_key", "start"},
      {"pipeline", "partition", "offset"}}},
    {{"pipeline", "detector", "entity", "time", "severity", "partition"},
     {{"time"}, {"entity", "time"}, {"pipeline", "partition", "offset"}}},
    {{"topic", "entity", "time", "partition"}, {{"entity"}, {"time"}, {"topic", "partition", "offset"}}},
    {{"label_id", "incident_id", "cause", "domain", "population", "entity", "topic", "start", "end", "partition"},
     {{"start"}, {"entity"}, {"cause"}, {"partition", "offset"}}},
    {{"topic", "key", "time", "partition"}, {{"time"}, {"key", "time"}, {"topic", "partition", "offset"}}},
    {{"topic", "key", "partition"}, {{"topic", "key"}, {"topic", "partition", "offset"}}},
}};

constexpr std::string_view recorder_prefix = "recorder:";
constexpr std::string_view labels_topic = "truth.labels";

bool comparable(const boost::json::value& x) {
  return x.is_string() || x.is_number();
}

} // namespace

const layout& layout_of(collection which) {
  return layouts.at(static_cast<std::size_t>(which));
}

const std::vector<std::string_view>& queryable_fields(collection of) {
  return layout_of(of).fields;
}

std::vector<owned_documents> owned_by(std::string_view owner, std::string_view topic, std::int32_t partition) {
  auto is = [](std::string field, boost::json::value x) {
    return condition{std::move(field), condition::comparison::eq, std::move(x)};
  };
  auto of_partition = is("partition", partition);
  if (!owner.starts_with(recorder_prefix)) {
    auto of_pipeline = is("pipeline", boost::json::value(owner));
    return {{collection::windows, {of_pipeline, of_partition}}, {collection::alerts, {of_pipeline, of_partition}}};
  }
  // A label's own `topic` is the one that its trouble is in, so the labels' topic (which may carry a prefix) tells them.
  if (topic.ends_with(labels_topic))
    return {{collection::labels, {of_partition}}};
  auto of_topic = is("topic", boost::json::value(topic));
  return {{collection::entities, {of_topic, of_partition}},
          {collection::events, {of_topic, of_partition}},
          {collection::books, {of_topic, of_partition}}};
}

expected<void> check_query(const find_query& query) {
  const auto& fields = queryable_fields(query.from);
  auto known = [&](std::string_view field) {
    return field == "offset" || std::find(fields.begin(), fields.end(), field) != fields.end();
  };
  auto unknown = [&](std::string_view field) {
    return fail(error_kind::invalid, fmt::format("{} can't be searched or sorted by '{}' at the store; by {} they can",
                                                 analytics::name(query.from), field, fmt::join(fields, ", ")));
  };
  if (!query.order_by.empty() && !known(query.order_by))
    return unknown(query.order_by);
  for (const auto& c : query.conditions) {
    if (!known(c.field))
      return unknown(c.field);
    bool fits = false;
    switch (c.is) {
    case condition::comparison::eq:
      fits = comparable(c.value) || c.value.is_null();
      break;
    case condition::comparison::in:
      fits = c.value.is_array() && std::all_of(c.value.get_array().begin(), c.value.get_array().end(), comparable);
      break;
    default:
      fits = comparable(c.value);
    }
    if (!fits)
      return fail(error_kind::invalid,
                  fmt::format("the value that {}.{} is compared with must be text or a number, null for equality, "
                              "a list of text and numbers for 'in'",
                              analytics::name(query.from), c.field));
  }
  return {};
}

expected<void> check_record_kind(std::string_view kind) {
  if (std::find(record_kinds.begin(), record_kinds.end(), kind) != record_kinds.end())
    return {};
  return fail(error_kind::internal,
              fmt::format("there are no records of kind '{}', only of {}", kind, fmt::join(record_kinds, ", ")));
}

std::string end_of_prefix(std::string_view prefix) {
  // U+10FFFF sorts after every other character in UTF-8.
  return std::string(prefix) + "\xF4\x8F\xBF\xBF";
}

} // namespace throng::storage
