// Windows: partials of all partitions merged into one result each, and tumbling ones rolled up into longer ones (semantics.md 5).
#include <algorithm>
#include <map>
#include <tuple>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "analytics/json_text.hpp"
#include "analytics/merge.hpp"
#include "config/time.hpp"
#include "query/presented.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;
using compare = storage::condition::comparison;

std::int64_t time_at(const json::object& body, std::string_view field) {
  return integer_at(body, field).value_or(0);
}

std::int64_t floor_to(std::int64_t x, std::int64_t step) {
  auto rest = x % step;
  return x - (rest < 0 ? rest + step : rest);
}

std::int64_t ceil_to(std::int64_t x, std::int64_t step) {
  return -floor_to(-x, step);
}

/// `k=v` and `--entity` may mean text or a number.
bool reads_as(const json::value& x, const std::string& text) {
  if (x.is_string())
    return std::string_view{x.get_string().data(), x.get_string().size()} == text;
  std::string shown;
  analytics::append_json_text(shown, x);
  return shown == text;
}

bool in_group(const json::object& body, const request& what) {
  const auto* group = body.if_contains("group");
  const json::object none;
  const auto& members = group != nullptr && group->is_object() ? group->get_object() : none;
  for (const auto& [name, wanted] : what.group) {
    const auto* found = members.if_contains(name);
    if (found == nullptr || !reads_as(*found, wanted))
      return false;
  }
  return what.entity.empty() || std::any_of(members.begin(), members.end(),
                                            [&](const auto& member) { return reads_as(member.value(), what.entity); });
}

/// What makes partials one result. A roll-up's start is that of the longer window.
using window_key = std::tuple<std::int64_t, std::string, std::string, std::string>; // start, pipeline, window, group

/// How a window's stored documents lie in time, told from themselves.
struct tumbling_shape {
  std::int64_t length = 0;
  std::int64_t offset = 0; ///< starts are this modulo the length
};

/// invalid: they are no tumbling windows, or the roll-up is no multiple of their length.
expected<std::map<std::pair<std::string, std::string>, tumbling_shape>>
shapes_for_rollup(const std::vector<storage::stored_document>& partials, std::int64_t rollup) {
  std::map<std::pair<std::string, std::string>, tumbling_shape> out;
  for (const auto& partial : partials) {
    auto start = time_at(partial.body, "start");
    auto length = time_at(partial.body, "end") - start;
    auto name = text_at(partial.body, "window");
    if (length <= 0)
      return fail(error_kind::corrupt, fmt::format("a document of window '{}' ends before it begins", name));
    tumbling_shape shape{length, start - floor_to(start, length)};
    const auto& first = out.try_emplace({text_at(partial.body, "pipeline"), name}, shape).first->second;
    if (first.length != length || first.offset != shape.offset)
      return fail(error_kind::invalid,
                  fmt::format("window '{}' is not tumbling, so it can't be rolled up: its windows overlap or "
                              "differ in length; leave --rollup out or name a tumbling --window",
                              name));
    if (rollup % length != 0)
      return fail(error_kind::invalid,
                  fmt::format("'{}' can be rolled up to multiples of its length, {}, and not to {}", name,
                              format_duration(milliseconds{length}), format_duration(milliseconds{rollup})));
  }
  return out;
}

storage::find_query partials_of(const request& what) {
  storage::find_query query{analytics::collection::windows, {}, "start", false, 0};
  auto add = [&](std::string field, compare is, json::value value) {
    query.conditions.push_back({std::move(field), is, std::move(value)});
  };
  if (!what.pipeline.empty())
    add("pipeline", compare::eq, json::value(what.pipeline));
  if (!what.window.empty())
    add("window", compare::eq, json::value(what.window));
  // A longer window is chosen by its own start, with all that belongs to it. Its alignment may be shifted by less than one of it.
  auto step = what.rollup ? what.rollup->count() : 0;
  if (what.from)
    add("start", compare::gte, what.from->ms);
  if (what.to)
    add("start", compare::lt, step == 0 ? what.to->ms : ceil_to(what.to->ms, step) + step);
  return query;
}

/// What a `k=v` may mean, as it stands in a group's key.
std::vector<std::string> readings_of(const std::string& text) {
  std::vector<std::string> readings(1);
  analytics::append_canonical_json(readings.back(), json::value(text));
  boost::system::error_code not_json;
  if (auto literal = json::parse(text, not_json); !not_json && !literal.is_string() && !literal.is_structured())
    analytics::append_canonical_json(readings.emplace_back(), literal);
  return readings;
}

/// The keys of all groups that are asked for, where each of a group's fields is; empty: they can't be told.
json::array group_keys(const json::object& group, const request& what) {
  if (group.size() != what.group.size())
    return {};
  std::vector<std::string> keys{"["};
  for (const auto& member : group) {
    const auto wanted = std::find_if(what.group.begin(), what.group.end(), [&](const auto& each) {
      return member.key() == json::string_view{each.first.data(), each.first.size()};
    });
    if (wanted == what.group.end() || keys.size() > 256)
      return {};
    std::vector<std::string> longer;
    for (const auto& key : keys)
      for (const auto& reading : readings_of(wanted->second)) {
        auto& next = longer.emplace_back(key);
        if (key.size() > 1)
          next += ',';
        next += reading;
      }
    keys = std::move(longer);
  }
  json::array made;
  for (const auto& key : keys)
    made.emplace_back(key + "]");
  return made;
}

/// Lets the store choose the group by its index where it can; who asks for some fields of a group only gets all windows' partials
/// read, and those of other groups dropped here. All windows of a name have the same fields in their groups.
expected<void> choose_groups(storage::result_store& store, const request& what, storage::find_query& query) {
  if (what.group.empty() || what.pipeline.empty() || what.window.empty())
    return {};
  storage::find_query any{query.from, {}, "start", false, 1}; // by an index
  std::copy_if(query.conditions.begin(), query.conditions.end(), std::back_inserter(any.conditions),
               [](const auto& each) { return each.field != "start"; });
  auto found = store.find(any);
  if (!found)
    return tl::unexpected(found.error());
  if (found->empty() || !found->front().body.contains("group"))
    return {};
  if (auto keys = group_keys(found->front().body.at("group").as_object(), what); !keys.empty())
    query.conditions.push_back({"group_key", compare::in, std::move(keys)});
  return {};
}

} // namespace

expected<std::vector<presented>> merged_windows(storage::result_store& store, const overtaken& no_result,
                                                const request& what) {
  if (what.rollup && what.rollup->count() <= 0)
    return fail(error_kind::invalid, "--rollup takes a length of time such as 1h, greater than nothing");
  auto query = partials_of(what);
  if (auto chosen = choose_groups(store, what, query); !chosen)
    return tl::unexpected(chosen.error());
  auto partials = find_results(store, no_result, std::move(query));
  if (!partials)
    return tl::unexpected(partials.error());
  std::map<std::pair<std::string, std::string>, tumbling_shape> shapes;
  if (what.rollup) {
    auto found = shapes_for_rollup(*partials, what.rollup->count());
    if (!found)
      return tl::unexpected(found.error());
    shapes = std::move(*found);
  }

  std::map<window_key, std::vector<analytics::partial>> groups;
  for (const auto& partial : *partials) {
    if (!in_group(partial.body, what))
      continue;
    auto start = time_at(partial.body, "start");
    auto pipeline = text_at(partial.body, "pipeline");
    auto window = text_at(partial.body, "window");
    if (what.rollup) {
      auto offset = shapes.at({pipeline, window}).offset;
      start = floor_to(start - offset, what.rollup->count()) + offset;
      if ((what.from && start < what.from->ms) || (what.to && start >= what.to->ms))
        continue;
    }
    groups[{start, std::move(pipeline), std::move(window), text_at(partial.body, "group_key")}].push_back(
        {&partial.body, partial.state});
  }

  std::vector<presented> out;
  for (const auto& [key, parts] : groups) {
    auto merged = analytics::merge_partials(parts);
    if (!merged)
      return fail(merged.error().kind, fmt::format("window '{}' of {} at {}: {}", std::get<2>(key), std::get<1>(key),
                                                   to_iso8601({std::get<0>(key)}), merged.error().message));
    if (what.rollup) {
      (*merged)["start"] = std::get<0>(key);
      (*merged)["end"] = std::get<0>(key) + what.rollup->count();
    }
    present_times(*merged, analytics::collection::windows);
    out.push_back({analytics::document_id(
                       {std::get<1>(key), std::get<2>(key), std::to_string(std::get<0>(key)), std::get<3>(key)}),
                   std::move(*merged)});
  }
  return out;
}

} // namespace throng::query
