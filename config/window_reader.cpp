#include "config/readers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "config/fields.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<std::string_view, aggregate_kind>, 13> aggregate_names{{
    {"count", aggregate_kind::count},
    {"sum", aggregate_kind::sum},
    {"mean", aggregate_kind::mean},
    {"min", aggregate_kind::min},
    {"max", aggregate_kind::max},
    {"stddev", aggregate_kind::stddev},
    {"variance", aggregate_kind::variance},
    {"first", aggregate_kind::first},
    {"last", aggregate_kind::last},
    {"distinct", aggregate_kind::distinct},
    {"top_10", aggregate_kind::top_10},
    {"rate", aggregate_kind::rate},
    {"delta", aggregate_kind::delta},
}};

/// The keys of a window's document besides its fields (commands.md): a field named so would hide one.
constexpr std::array<std::string_view, 8> document_keys{"pipeline", "window", "start", "end",
                                                        "group",    "events", "final", "late"};

/// An event goes into size / every windows at once: beyond this, it is a mistake.
constexpr std::int64_t greatest_overlap = 10'000;

std::optional<aggregate> aggregate_named(const std::string& name) {
  for (const auto& [known, kind] : aggregate_names)
    if (name == known)
      return aggregate{kind, 0, name};
  if (name.size() < 2 || name.front() != 'p')
    return std::nullopt;
  double percentile = 0;
  auto [end, code] = std::from_chars(name.data() + 1, name.data() + name.size(), percentile, std::chars_format::fixed);
  if (code != std::errc{} || end != name.data() + name.size() || !(percentile > 0) || percentile > 100)
    return std::nullopt;
  return aggregate{aggregate_kind::percentile, percentile, name};
}

/// `{"histogram": [0, 10]}` or `{"ewma": "5m"}`; says what is wrong with it.
std::optional<aggregate> aggregate_of_object(document& in, const json::value& given, const std::string& path) {
  fields from{in, given, path};
  if (from.has("ewma")) {
    aggregate made{aggregate_kind::ewma, 0, {}, {}, {}};
    from.read("ewma", made.half_life);
    std::string written;
    from.read("ewma", written);
    made.name = "ewma_" + written;
    return made;
  }
  aggregate made{aggregate_kind::histogram, 0, "histogram", {}, {}};
  const auto* bounds = from.find("histogram");
  if (bounds == nullptr || !bounds->is_array())
    return std::nullopt; // the schema has said so
  for (const auto& bound : bounds->get_array())
    if (bound.is_number())
      made.bounds.push_back(bound.to_number<double>());
  auto falls = [](double a, double b) { return !(a < b); };
  if (std::adjacent_find(made.bounds.begin(), made.bounds.end(), falls) != made.bounds.end())
    from.report("histogram", fmt::format("{}: bounds rise from each to the next", from.shown("histogram")));
  return made;
}

void read_shape(const fields& from, window& into) {
  if (from.has("tumbling")) {
    into.kind = window::shape::tumbling;
    from.read("tumbling", into.size);
    into.every = into.size;
  } else if (from.has("hopping")) {
    into.kind = window::shape::hopping;
    auto hopping = from.inner("hopping");
    hopping.read("size", into.size);
    hopping.read("every", into.every);
    if (into.every > into.size)
      hopping.report("every", fmt::format("{} is more than size, {}: events between two windows would be in none",
                                          hopping.shown("every"), format_duration(into.size)));
    else if (into.every.count() > 0 && into.size / into.every > greatest_overlap)
      hopping.report("every", fmt::format("{} puts an event into {} windows at once; at most {} are allowed",
                                          hopping.shown("every"), into.size / into.every, greatest_overlap));
  } else if (from.has("session")) {
    into.kind = window::shape::session;
    from.inner("session").read("gap", into.size);
  } else if (from.has("calendar")) {
    into.kind = window::shape::calendar;
    from.read("calendar", into.calendar);
  }
  from.read("zone", into.zone);
  from.read("offset", into.offset);
  if (into.zone != window{}.zone && into.kind != window::shape::calendar)
    from.report("zone", "only a calendar window has a time zone; leave it out");
  if (into.kind == window::shape::session && from.has("offset"))
    from.report("offset", "a session is not aligned, so it has no offset; leave it out");
  else if (into.kind == window::shape::calendar && from.has("offset"))
    from.report("offset", "a calendar window begins when its zone's clocks say so, and has no offset; leave it out");
  else if (into.every.count() > 0 && into.offset >= into.every)
    from.report("offset", fmt::format("{} is not below {}, the time from one window's start to the next",
                                      from.shown("offset"), format_duration(into.every)));
}

/// What is of one entity only, and in a partition's order of time.
bool needs_key(aggregate_kind kind) {
  return kind == aggregate_kind::ewma || kind == aggregate_kind::rate || kind == aggregate_kind::delta;
}

void read_aggregates(const fields& from, window& into, const std::string& key) {
  auto by_key = into.groups_by(key);
  from.inner("aggregate")
      .for_each_member([&](const std::string& field, const json::value& names, const std::string& path) {
        auto& in = from.in();
        if (std::find(document_keys.begin(), document_keys.end(), field) != document_keys.end())
          in.report_key(
              path,
              fmt::format("`{}` is a key of every window's document; derive the field under another name", field));
        else if (field.empty() || field.front() == '$' || field.find('.') != std::string::npos)
          in.report_key(
              path, fmt::format("`{}` is no top-level field; derive it under a name of its own", field.substr(0, 80)));
        std::vector<aggregate> wanted;
        if (const auto* array = names.if_array()) {
          for (std::size_t i = 0; i < array->size(); ++i) {
            const auto& name = (*array)[i];
            auto one = name.is_object()   ? aggregate_of_object(in, name, element_path(path, i))
                       : name.is_string() ? aggregate_named(std::string{name.get_string()})
                                          : std::nullopt;
            if (one && std::any_of(wanted.begin(), wanted.end(), [&](const auto& x) { return x.name == one->name; }))
              in.report(element_path(path, i), fmt::format("{} stands there already", one->name));
            if (one && needs_key(one->kind) && !key.empty() && !by_key)
              in.report(
                  element_path(path, i),
                  fmt::format("{} is of one entity: group_by must contain the pipeline's key, {}", one->name, key));
            if (one)
              wanted.push_back(std::move(*one));
            else if (!name.is_object())
              in.report(element_path(path, i),
                        fmt::format("{} is no aggregate; a percentile is above p0 and at most p100",
                                    in.shown(element_path(path, i), name)));
          }
        }
        into.aggregates.emplace_back(field, std::move(wanted));
      });
}

} // namespace

window read_window(const fields& from, const std::string& key) {
  window result;
  from.read("name", result.name);
  read_shape(from, result);
  from.read("lateness", result.lateness);
  from.inner("emit").read("every", result.emit_every);
  from.read("group_by", result.group_by);
  read_topic(from, result.to);
  auto needs_whole_groups = [&](const char* member, bool has, std::string_view what) {
    if (has && !key.empty() && !result.groups_by(key))
      from.report(member, fmt::format("{} group_by must contain the pipeline's key, {}: other groups' events lie in "
                                      "several partitions; bring them together first with `rekey`",
                                      what, key));
  };
  needs_whole_groups("session", result.kind == window::shape::session, "a session's");
  needs_whole_groups("to", !result.to.empty(), "of a window that goes to a topic,");
  read_aggregates(from, result, key);
  return result;
}

} // namespace throng::config
