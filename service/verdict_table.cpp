#include "service/verdict_table.hpp"

#include <map>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "query/alert_life.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

auto parsed(std::string text, const config::enrichment& definition) {
  return analytics::lookup_table::parse(analytics::lookup_table::format::topic, std::move(text), definition.key_name(),
                                        definition.add);
}

} // namespace

expected<std::shared_ptr<const analytics::lookup_table>>
verdict_table(storage::result_store& store, const std::string& pipeline, const config::enrichment& definition) {
  auto lives = query::alert_lives::in(store);
  if (!lives)
    return tl::unexpected{lives.error()};
  std::map<std::pair<std::string, std::int64_t>, bool> rows;
  for (const auto& each : lives->judged(pipeline))
    rows[{each.entity, each.time.ms}] |= each.right;
  std::string text;
  for (const auto& [key, right] : rows) {
    const json::object line{{"key", key.first},
                            {"since", key.second},
                            {"row",
                             {{"entity", key.first},
                              {"time", to_iso8601({key.second})},
                              {"verdict", right ? "right" : "wrong"},
                              {"right", right}}}};
    text += json::serialize(line);
    text += '\n';
  }
  auto made = parsed(std::move(text), definition);
  if (!made)
    return fail(error_kind::exhausted,
                fmt::format("the verdicts on {}'s alerts: {}", pipeline, made.error().front().sentence));
  return *made;
}

std::shared_ptr<const analytics::lookup_table> no_verdicts(const config::enrichment& definition) {
  return *parsed({}, definition);
}

} // namespace throng::service
