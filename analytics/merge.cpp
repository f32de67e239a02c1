#include "analytics/merge.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <tuple>

#include "analytics/partial_state.hpp"

namespace throng::analytics {

namespace {

const boost::json::value& field(const boost::json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  if (found == nullptr)
    throw corrupt_state{"a window without " + std::string{name}};
  return *found;
}

std::int64_t whole(const boost::json::object& body, std::string_view name) {
  const auto& x = field(body, name);
  if (x.is_int64())
    return x.get_int64();
  if (x.is_uint64())
    return static_cast<std::int64_t>(x.get_uint64());
  throw corrupt_state{"a window whose " + std::string{name} + " is no whole number"};
}

/// A field's merged cell and what it holds.
struct merged_field {
  std::string name;
  aggregate_plan plan;
  aggregate_cell cell;
};

std::vector<merged_field> first_cells(const aggregated_fields& fields, byte_reader& in) {
  std::vector<merged_field> made;
  for (const auto& [name, wanted] : fields) {
    auto plan = aggregate_plan::of(wanted);
    auto cell = aggregate_cell::load(plan, in);
    made.push_back({name, std::move(plan), std::move(cell)});
  }
  return made;
}

} // namespace

expected<boost::json::object> merge_partials(const std::vector<partial>& parts) try {
  assert(!parts.empty());
  std::vector<const partial*> ordered;
  ordered.reserve(parts.size());
  for (const auto& part : parts)
    ordered.push_back(&part);
  std::stable_sort(ordered.begin(), ordered.end(), [](const partial* a, const partial* b) {
    auto place = [](const partial* x) { return std::tuple{whole(*x->body, "start"), whole(*x->body, "partition")}; };
    return place(a) < place(b);
  });

  std::int64_t events = 0;
  std::int64_t late = 0;
  std::int64_t end = INT64_MIN;
  bool final = true;
  bool exact = true; // where it is said at all
  aggregated_fields fields;
  std::vector<merged_field> merged;
  for (const auto* part : ordered) {
    const auto& body = *part->body;
    events += whole(body, "events");
    late += whole(body, "late");
    end = std::max(end, whole(body, "end"));
    const auto& is_final = field(body, "final");
    final = final && is_final.is_bool() && is_final.get_bool();
    exact = exact && !body.contains("exact");

    byte_reader in{part->state};
    auto described = read_partial_state_header(in);
    if (part == ordered.front()) {
      fields = described;
      merged = first_cells(fields, in);
    } else {
      if (fields != described)
        return fail(error_kind::invalid, "partials of windows with different aggregates can't be merged");
      for (auto& into : merged)
        into.cell.merge(into.plan, aggregate_cell::load(into.plan, in));
    }
    if (!in.at_end())
      return fail(error_kind::corrupt, "a window's stored state holds more than its aggregates");
  }

  const auto& first = *ordered.front()->body;
  boost::json::object result;
  result["pipeline"] = field(first, "pipeline");
  result["window"] = field(first, "window");
  result["start"] = whole(first, "start");
  result["end"] = end;
  result["group"] = field(first, "group");
  result["events"] = events;
  result["final"] = final;
  result["late"] = late;
  if (!exact)
    result["exact"] = false;
  for (const auto& into : merged)
    result[into.name] = into.cell.render(into.plan);
  return result;
} catch (const corrupt_state& why) {
  return fail(error_kind::corrupt, std::string{"a stored window can't be read: "} + why.what());
}

} // namespace throng::analytics
