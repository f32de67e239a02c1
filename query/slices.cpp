#include "query/slices.hpp"

#include <algorithm>
#include <optional>

#include "query/document_fields.hpp"
#include "query/presented.hpp"
#include "query/results.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

using compare = storage::condition::comparison;

/// Year 0: no document has a time before it.
constexpr timestamp least_time{-62'167'219'200'000};

/// Events whose own time could not be read come before all times, as in an order by time.
expected<std::vector<boost::json::object>> without_time(storage::result_store& store, const request& what) {
  std::vector<boost::json::object> out;
  if (what.subject != subject::events || what.from || what.to)
    return out;
  auto no_result = overtaken::by_claims_in(store);
  if (!no_result)
    return tl::unexpected(no_result.error());
  storage::find_query query{
      collection_of(what.subject), {{std::string(time_field(what.subject)), compare::eq, nullptr}}, "", false, 0};
  if (!what.entity.empty())
    query.conditions.push_back({"key", compare::eq, boost::json::value(what.entity)});
  auto found = find_results(store, *no_result, std::move(query));
  if (!found)
    return tl::unexpected(found.error());
  std::optional<filter> where;
  if (what.where) {
    auto compiled = filter::compile(*what.where);
    if (!compiled)
      return tl::unexpected(compiled.error());
    where.emplace(std::move(*compiled));
  }
  for (auto& each : *found) {
    present(each.body, what.subject);
    if (!where || where->matches(each.body))
      out.push_back(std::move(each.body));
  }
  return out;
}

/// Where a part that begins at `from` ends: at the time of the document behind the first `most`, so that no time is cut in two, and of windows
/// no partial is left alone. None: it is the last part.
expected<std::optional<timestamp>> end_of_slice(storage::result_store& store, const request& what,
                                                std::optional<timestamp> from, std::size_t most) {
  const std::string time{time_field(what.subject)};
  storage::find_query query{collection_of(what.subject), {}, time, false, most + 1};
  const auto add = [&](std::string_view field, compare is, boost::json::value value) {
    query.conditions.push_back({std::string(field), is, std::move(value)});
  };
  if (!what.pipeline.empty())
    add("pipeline", compare::eq, boost::json::value(what.pipeline));
  // What has no time is given already, and is less than any.
  add(time, compare::gte, from ? from->ms : least_time.ms);
  if (what.to)
    add(time, compare::lt, what.to->ms);
  auto found = store.find(query);
  if (!found)
    return tl::unexpected(found.error());
  if (found->size() <= most)
    return std::optional<timestamp>{};
  const auto first = integer_at(found->front().body, time).value_or(0);
  const auto behind = integer_at(found->back().body, time).value_or(0);
  return std::optional{timestamp{std::max(behind, first + 1)}};
}

} // namespace

expected<std::uint64_t> ask_in_slices(storage::result_store& store, const request& what, std::size_t most,
                                      const slice_receiver& give) {
  std::uint64_t given = 0;
  const auto pass_on = [&](const std::vector<boost::json::object>& items) -> expected<void> {
    given += items.size();
    return items.empty() ? expected<void>{} : give(items);
  };
  auto timeless = without_time(store, what);
  if (!timeless)
    return tl::unexpected(timeless.error());
  if (auto passed = pass_on(*timeless); !passed)
    return tl::unexpected(passed.error());
  // From here on the parts say from when on, which leaves out what has no time.
  auto part = what;
  part.limit = 0;
  if (!part.from)
    part.from = least_time;
  for (;;) {
    const auto end = end_of_slice(store, what, part.from, most);
    if (!end)
      return tl::unexpected(end.error());
    part.to = *end ? *end : what.to;
    auto answer = ask(store, part);
    if (!answer)
      return tl::unexpected(answer.error());
    if (auto passed = pass_on(answer->items); !passed)
      return tl::unexpected(passed.error());
    if (!*end)
      return given;
    part.from = **end;
  }
}

} // namespace throng::query
