#include "service/alert_routes.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "query/alert_life.hpp"
#include "service/http/problem.hpp"
#include "service/input_options.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

/// @param body empty, or an object with no more than `by` and `note`
expected<query::alert_deed> read_deed(const std::string& body) {
  query::alert_deed made;
  if (body.empty())
    return made;
  json::error_code code;
  const auto parsed = json::parse(body, code);
  if (code || !parsed.is_object())
    return fail(error_kind::invalid,
                "the body must be a JSON object, as in {\"by\": \"ann\", \"note\": \"lamp replaced\"}");
  for (const auto& member : parsed.get_object()) {
    auto* into = member.key() == "by" ? &made.by : member.key() == "note" ? &made.note : nullptr;
    if (into == nullptr || !member.value().is_string())
      return fail(error_kind::invalid, fmt::format("{}: there are by and note, and both are texts",
                                                   std::string_view{member.key().data(), member.key().size()}));
    *into = std::string{member.value().get_string()};
  }
  return made;
}

http::response record(storage::result_store& store, const query::alert_change& to, const http::request& asked) {
  auto deed = read_deed(asked.body);
  if (!deed)
    return http::problem(deed.error());
  deed->alert = asked.captured.at("id");
  deed->to = to;
  deed->at = wall_now();
  auto alert = query::record_deed(store, *deed);
  if (!alert)
    return http::problem(alert.error());
  http::response made;
  made.body = storage::to_json_text(*alert) + "\n";
  return made;
}

} // namespace

void add_alert_routes(http::router& to, storage::result_store& store) {
  for (const auto& deed : query::deed_words)
    to.add("POST", fmt::format("/api/alerts/{{id}}/{}", deed.word),
           [&store, becomes = deed.becomes](const http::request& asked) { return record(store, becomes, asked); });
}

} // namespace throng::service
