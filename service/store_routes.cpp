#include "service/store_routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "query/query.hpp"
#include "service/http/problem.hpp"
#include "service/query_options.hpp"
#include "service/score_json.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace {

http::response json_answer(const boost::json::object& body) {
  http::response made;
  made.body = storage::to_json_text(body) + "\n"; // 0.25, where Boost.JSON writes 2.5E-1
  return made;
}

http::response status_answer(const std::string& status) {
  boost::json::object body;
  body["status"] = status;
  return json_answer(body);
}

/// Parameters have the names of the options of `throng query`; one that is not known is refused, not left out in silence.
expected<query_options> read_parameters(const std::string& subject, const http::request& asked) {
  query_options options;
  options.subject = subject;
  auto& request = options.request;
  const std::array<std::pair<std::string_view, std::string*>, 10> texts{{{"pipeline", &request.pipeline},
                                                                         {"window", &request.window},
                                                                         {"entity", &request.entity},
                                                                         {"from", &options.from},
                                                                         {"to", &options.to},
                                                                         {"where", &options.where},
                                                                         {"sort", &request.sort},
                                                                         {"rollup", &options.rollup},
                                                                         {"gap", &options.gap},
                                                                         {"cursor", &request.cursor}}};
  for (const auto& [name, value] : asked.query) {
    const auto text =
        std::find_if(texts.begin(), texts.end(), [&name = name](const auto& t) { return t.first == name; });
    if (text != texts.end())
      *text->second = value;
    else if (name == "group")
      options.group.push_back(value);
    else if (name == "limit") {
      const auto* end = value.data() + value.size();
      auto [at, code] = std::from_chars(value.data(), end, request.limit);
      if (value.empty() || code != std::errc{} || at != end)
        return fail(error_kind::invalid, fmt::format("--limit {}: must be a whole number; 0 is all", value));
    } else {
      return fail(
          error_kind::invalid,
          fmt::format("there is no parameter {}; there are: pipeline, window, group, entity, from, to, where, sort, "
                      "limit, cursor, rollup, gap",
                      name));
    }
  }
  return options;
}

http::response list(storage::result_store& store, const query_options& options) {
  auto request = resolve(options);
  if (!request)
    return http::problem(request.error());
  auto found = query::ask(store, *request);
  if (!found)
    return http::problem(found.error());
  boost::json::array items;
  items.reserve(found->items.size());
  for (auto& each : found->items)
    items.emplace_back(std::move(each));
  boost::json::object body{{"items", std::move(items)}, {"next", nullptr}};
  if (found->next)
    body["next"] = *found->next;
  if (!found->why_empty.empty())
    body["why_empty"] = found->why_empty;
  return json_answer(body);
}

http::response subject(storage::result_store& store, const std::string& name, const http::request& asked) {
  auto options = read_parameters(name, asked);
  return options ? list(store, *options) : http::problem(options.error());
}

/// Its latest state. 404 with why where it is not known.
http::response entity(storage::result_store& store, const http::request& asked) {
  query_options options;
  options.subject = "entities";
  options.request.entity = asked.captured.at("id");
  auto request = resolve(options);
  if (!request)
    return http::problem(request.error());
  auto found = query::ask(store, *request);
  if (!found)
    return http::problem(found.error());
  if (found->items.empty())
    return http::problem(404, found->why_empty);
  return json_answer(found->items.front());
}

/// Pipelines that ran into this store, by name, with what their windows hold.
http::response pipelines(storage::result_store& store) {
  auto found = store.records("pipelines");
  if (!found)
    return http::problem(found.error());
  boost::json::array items;
  for (auto& each : *found)
    items.emplace_back(std::move(each));
  return json_answer({{"items", std::move(items)}, {"next", nullptr}});
}

/// As `throng score`. 404 where there is nothing to hold alerts against.
http::response score(storage::result_store& store, const http::request& asked) {
  std::map<std::string, milliseconds, std::less<>> lengths{{"grace", query::usual_grace},
                                                           {"block_for", query::usual_block}};
  std::string only_of_labels;
  auto by_verdicts = false;
  for (const auto& [name, value] : asked.query) {
    if (name == "against" && (value == "labels" || value == "verdicts")) {
      by_verdicts = value == "verdicts";
      continue;
    }
    if (name == "against")
      return http::problem(400, fmt::format("--against {}: can be labels or verdicts", value));
    const auto length = lengths.find(name);
    if (length == lengths.end())
      return http::problem(400, fmt::format("there is no parameter {}; there are: against, block_for, grace", name));
    auto given = parse_duration(value);
    const auto option = name == "grace" ? "--grace" : "--block-for";
    if (!given)
      return http::problem(400, fmt::format("{} {}: {}", option, value, given.error().message));
    length->second = *given;
    only_of_labels = option;
  }
  if (by_verdicts && !only_of_labels.empty())
    return http::problem(
        400, fmt::format("{} belongs to labels: verdicts say nothing of when an incident was", only_of_labels));
  if (by_verdicts) {
    auto judged = query::score_by_verdicts(store);
    return judged ? json_answer(to_json(*judged)) : http::problem(judged.error());
  }
  auto found = query::score(store, lengths.at("grace"), 10, {}, lengths.at("block_for"));
  return found ? json_answer(to_json(*found)) : http::problem(found.error());
}

http::response ready(storage::result_store& store) {
  auto asked = store.header("readyz"); // there is none; the cheapest question that every store must answer
  if (!asked)
    return http::problem(503, asked.error().message);
  return status_answer("ready");
}

} // namespace

void add_store_routes(http::router& to, storage::result_store& store) {
  to.add("GET", "/healthz", [](const http::request&) { return status_answer("alive"); });
  to.add("GET", "/readyz", [&store](const http::request&) { return ready(store); });
  for (const auto* name : {"windows", "alerts", "entities", "labels", "events", "runs", "mutes", "cases", "thresholds"})
    to.add("GET", fmt::format("/api/{}", name),
           [&store, name = std::string{name}](const http::request& asked) { return subject(store, name, asked); });
  to.add("GET", "/api/pipelines", [&store](const http::request&) { return pipelines(store); });
  to.add("GET", "/api/score", [&store](const http::request& asked) { return score(store, asked); });
  to.add("GET", "/api/entities/{id}", [&store](const http::request& asked) { return entity(store, asked); });
}

} // namespace throng::service
