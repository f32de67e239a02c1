#include "config/readers.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "config/fields.hpp"

namespace throng::config {

namespace {

constexpr std::array<std::pair<std::string_view, feature_kind>, 20> feature_names{{
    {"count", feature_kind::count},     {"sum", feature_kind::sum},
    {"mean", feature_kind::mean},       {"min", feature_kind::min},
    {"max", feature_kind::max},         {"distinct", feature_kind::distinct},
    {"last", feature_kind::last},       {"since", feature_kind::since},
    {"seen", feature_kind::seen},       {"speed", feature_kind::speed},
    {"habit", feature_kind::habit},     {"fan_in", feature_kind::fan_in},
    {"fan_out", feature_kind::fan_out}, {"received", feature_kind::received},
    {"sent", feature_kind::sent},       {"held", feature_kind::held},
    {"payers", feature_kind::payers},   {"payees", feature_kind::payees},
    {"cycle", feature_kind::cycle},     {"scatter_gather", feature_kind::scatter_gather},
}};

} // namespace

feature read_feature(const fields& from, const std::string& key, bool has_graph) {
  feature result;
  from.read("name", result.name);
  from.read("over", result.over);
  from.read("by", result.by);
  check_by(from, result.by, key);
  if (from.has("where"))
    from.read("where", result.where.emplace());
  for (const auto& [name, kind] : feature_names) {
    std::string wanted{name};
    if (!from.has(wanted))
      continue;
    result.kind = kind;
    if (of_graph(kind) && !has_graph)
      from.report(wanted, fmt::format("{} is of a payment's accounts: the pipeline needs `graph`, which says who pays "
                                      "whom how much",
                                      name));
    if (of_graph(kind) && result.where)
      from.report("where", "all payments of a graph count; choose them by the pipeline's `where`");
    if (kind == feature_kind::speed) {
      auto place = from.inner(wanted);
      place.read("lat", result.field);
      place.read("lon", result.lon);
    } else if (kind == feature_kind::habit) {
      auto habit = from.inner(wanted);
      habit.read("of", result.field);
      habit.read("by", result.group);
    } else if (kind == feature_kind::cycle) {
      auto cycle = from.inner(wanted);
      cycle.read("up_to", result.up_to);
      cycle.read("share", result.share);
    } else if (of_graph(kind)) {
      std::string side;
      from.read(wanted, side);
      result.of_payee = side == "to";
    } else if (kind != feature_kind::count && kind != feature_kind::since) { // whose value is `true`
      from.read(wanted, result.field);
    }
  }
  return result;
}

} // namespace throng::config
