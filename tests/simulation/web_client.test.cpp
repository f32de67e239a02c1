#define CAF_SUITE simulation.web_client

#include "simulation/web_client.hpp"

#include <cmath>
#include <optional>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "life.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

config::web_client_population eager(double sessions_per_day = 48) {
  config::web_client_population population;
  population.sessions_per_day = sessions_per_day;
  population.items = 300;
  return population;
}

const std::vector<std::string> kinds{"web.scraper", "web.credential_stuffing", "web.error_burst"};

/// What a line of the access log tells of the visitor's doing; read from method and path alone.
std::optional<action> action_of(const event& line) {
  const auto path = text(line, "path");
  const bool post = text(line, "method") == "POST";
  if (path == "/")
    return post ? std::nullopt : std::optional{action::home};
  if (path == "/login" || path == "/cart" || path == "/checkout")
    return !post              ? std::nullopt
           : path == "/login" ? std::optional{action::login}
           : path == "/cart"  ? std::optional{action::cart}
                              : std::optional{action::buy};
  if (path.rfind("/category/", 0) == 0)
    return action::browse;
  if (path.rfind("/search?q=", 0) == 0)
    return action::search;
  if (path.rfind("/items/item-", 0) != 0)
    return std::nullopt;
  const auto rest = path.find('/', 7);
  if (rest == std::string::npos)
    return action::view;
  return path.substr(rest) == "/ratings" ? action::rate : action::click;
}

std::string item_of(const event& line) {
  const auto path = text(line, "path");
  return path.substr(7, path.find('/', 7) - 7);
}

/// Lines of one client apart by session, in order.
std::vector<std::vector<event>> sessions(const std::vector<event>& lines) {
  std::vector<std::vector<event>> found;
  for (const auto& line : lines) {
    if (found.empty() || text(found.back().back(), "session_id") != text(line, "session_id"))
      found.emplace_back();
    found.back().push_back(line);
  }
  return found;
}

std::int64_t status(const event& line) {
  return line.at("status").as_int64();
}

} // namespace

CAF_TEST(requests and the events of their pages have exactly the documented fields) {
  auto city = small_city({{"visitors", 60, eager()}}, 12h);
  for (const auto& kind : kinds)
    city.incidents.push_back(incident_of(kind, "visitors", 1h, 10min));
  const auto result = run(city);
  const auto requests = all_of(result, topic::web_requests);
  CAF_CHECK(requests.size() > 5'000);
  for (const auto& each : requests)
    CAF_CHECK(has_exactly(each, {{"timestamp", shape::text},
                                 {"seq", shape::integer},
                                 {"client_id", shape::text},
                                 {"session_id", shape::text},
                                 {"user_id", shape::text},
                                 {"ip", shape::text},
                                 {"method", shape::text},
                                 {"path", shape::text},
                                 {"status", shape::integer},
                                 {"response_ms", shape::integer},
                                 {"bytes", shape::integer},
                                 {"user_agent", shape::text},
                                 {"referrer", shape::text_or_null},
                                 {"country", shape::text}}));
  const auto views = all_of(result, topic::web_views);
  for (const auto& each : views)
    CAF_CHECK(has_exactly(each, {{"timestamp", shape::text},
                                 {"seq", shape::integer},
                                 {"user_id", shape::text},
                                 {"event_type", shape::text},
                                 {"item_id", shape::text},
                                 {"view_duration", shape::number},
                                 {"device_type", shape::text}}));
  const auto clicks = all_of(result, topic::web_clicks);
  for (const auto& each : clicks)
    CAF_CHECK(has_exactly(each, {{"timestamp", shape::text},
                                 {"seq", shape::integer},
                                 {"user_id", shape::text},
                                 {"event_type", shape::text},
                                 {"item_id", shape::text},
                                 {"page_url", shape::text},
                                 {"click_duration", shape::number}}));
  const auto ratings = all_of(result, topic::web_ratings);
  for (const auto& each : ratings) {
    CAF_CHECK(has_exactly(each, {{"timestamp", shape::text},
                                 {"seq", shape::integer},
                                 {"user_id", shape::text},
                                 {"event_type", shape::text},
                                 {"item_id", shape::text},
                                 {"rating", shape::integer},
                                 {"review_text", shape::text}}));
    CAF_CHECK(each.at("rating").as_int64() >= 1 && each.at("rating").as_int64() <= 5);
  }
  CAF_CHECK(!views.empty() && !clicks.empty() && !ratings.empty());
}

CAF_TEST(a session is a legal path and its referrer is the page before) {
  const auto result = run(small_city({{"visitors", 100, eager()}}, 12h));
  int seen = 0;
  int bought = 0;
  for (const auto& [id, lines] : by_key(result, topic::web_requests))
    for (const auto& session : sessions(lines)) {
      ++seen;
      for (std::size_t i = 0; i < session.size(); ++i) {
        const auto now = action_of(session[i]);
        CAF_REQUIRE(now);
        bought += *now == action::buy ? 1 : 0;
        if (i == 0) {
          CAF_CHECK(is_legal_first(*now));
          continue;
        }
        const auto& before = session[i - 1];
        CAF_CHECK_EQUAL(text(session[i], "referrer"), "https://shop.example" + text(before, "path"));
        CAF_CHECK(time_of(session[i]) - time_of(before) >= 300ms);
        if (status(before) >= 400)
          CAF_CHECK_EQUAL(text(session[i], "path"), text(before, "path"));
        else
          CAF_CHECK(is_legal(*action_of(before), *now));
        if (*now == action::click || *now == action::cart || *now == action::rate) {
          if (action_of(before) == action::view && *now != action::cart)
            CAF_CHECK_EQUAL(item_of(session[i]), item_of(before));
        }
      }
    }
  CAF_CHECK(seen > 2'000);
  CAF_CHECK(bought > 100);
}

CAF_TEST(each page that was answered has its event at the same moment and no other has one) {
  const auto result = run(small_city({{"visitors", 80, eager()}}, 12h));
  std::multiset<std::string> from_pages;
  std::multiset<std::string> from_events;
  for (const auto& line : all_of(result, topic::web_requests)) {
    const auto what = action_of(line);
    if (status(line) < 400 && (what == action::view || what == action::click || what == action::rate))
      from_pages.insert(text(line, "timestamp") + text(line, "user_id") + item_of(line) +
                        (what == action::view    ? "view"
                         : what == action::click ? "click"
                                                 : "rating"));
  }
  for (auto which : {topic::web_views, topic::web_clicks, topic::web_ratings})
    for (const auto& each : all_of(result, which))
      from_events.insert(text(each, "timestamp") + text(each, "user_id") + text(each, "item_id") +
                         text(each, "event_type"));
  CAF_CHECK(from_pages.size() > 1'000);
  CAF_CHECK(from_pages == from_events);
}

CAF_TEST(sessions begin as the curve of the day says and are neither lost nor doubled by long ones) {
  const auto result = run(small_city({{"visitors", 100, eager(60)}}, 24h, "2026-01-09T00:00:00Z", 60s));
  std::array<int, 24> counts{};
  int all = 0;
  for (const auto& [id, lines] : by_key(result, topic::web_requests))
    for (const auto& session : sessions(lines)) {
      ++counts[static_cast<std::size_t>(time_of_day(time_of(session.front())) / 3'600'000)];
      ++all;
    }
  const config::web_client_population usual;
  const daily_curve hours{usual.hours};
  const double wanted = 100 * 60 * 9.0 / 10; // a Friday
  CAF_CHECK(std::fabs(all - wanted) < 5 * std::sqrt(wanted));
  double chi_squared = 0;
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const auto expected = wanted / 24 * (hours.at_hour(hour) + hours.at_hour((hour + 1) % 24)) / 2;
    chi_squared += (counts[hour] - expected) * (counts[hour] - expected) / expected;
  }
  CAF_CHECK(chi_squared < 51.2); // the 99.9th percentile for 24 degrees of freedom
}

CAF_TEST(people think log - normally around the stated median) {
  auto population = eager();
  population.think_time = 4s;
  population.think_spread = 0.5;
  const auto result = run(small_city({{"visitors", 100, population}}, 12h));
  std::vector<double> thoughts;
  for (const auto& view : all_of(result, topic::web_views))
    thoughts.push_back(view.at("view_duration").to_number<double>());
  std::sort(thoughts.begin(), thoughts.end());
  const auto at = [&](double p) {
    return thoughts[static_cast<std::size_t>(p * static_cast<double>(thoughts.size()))];
  };
  CAF_CHECK(thoughts.size() > 3'000);
  CAF_CHECK(std::fabs(std::log(at(0.5) / 4)) < 0.04);
  CAF_CHECK(std::fabs(std::log(at(0.8413) / 4) - 0.5) < 0.06);
  CAF_CHECK(std::fabs(std::log(at(0.1587) / 4) + 0.5) < 0.06);
}

CAF_TEST(popularity of items falls by the law of Zipf) {
  const auto result = run(small_city({{"visitors", 100, eager()}}, 24h));
  std::map<std::string, double> views;
  double all = 0;
  for (const auto& view : all_of(result, topic::web_views)) {
    ++views[text(view, "item_id")];
    ++all;
  }
  double harmonic = 0;
  for (int rank = 1; rank <= 300; ++rank)
    harmonic += 1.0 / rank;
  for (int rank : {1, 2, 10}) {
    const auto expected = all / (rank * harmonic);
    CAF_CHECK(std::fabs(views[std::string{item_id(static_cast<std::uint32_t>(rank - 1)).view()}] - expected) <
              5 * std::sqrt(expected));
  }
}

CAF_TEST(a label covers exactly the requests that an incident changed) {
  CAF_CHECK(rc::check([] {
    // Six sessions an hour of one visitor: some are under way when the incident begins or ends.
    auto city = small_city({{"visitors", 1, eager(200)}}, 2h, "2026-01-09T18:00:00Z");
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto calm = all_of(run(city), topic::web_requests);
    const auto kind = *rc::gen::elementOf(kinds);
    city.incidents = {incident_of(kind, "visitors", 30min, 10min, *rc::gen::inRange(0, 11) / 10.0)};
    const auto result = run(city);
    const auto label = labels(result).at(kind);
    const auto struck = all_of(result, topic::web_requests);
    const auto first = time_of(struck.at(static_cast<std::size_t>(label.at("first_seq").as_int64())));
    RC_ASSERT(first >= city.start + 30min);
    const auto outline = [](const event& of) { return text(of, "timestamp") + text(of, "path"); };
    // Up to the incident the two worlds are the same.
    std::vector<std::string> before;
    std::vector<std::string> expected;
    for (const auto& each : struck)
      if (each.at("seq").as_int64() < label.at("first_seq").as_int64())
        before.push_back(outline(each));
    for (const auto& each : calm)
      if (time_of(each) < first)
        expected.push_back(outline(each));
    RC_ASSERT(before == expected);
    std::set<std::string> all_calm;
    for (const auto& each : calm)
      all_calm.insert(outline(each));
    for (const auto& each : struck) {
      const auto in_time = time_of(each) >= first && time_of(each) < city.start + 40min;
      RC_ASSERT(covers(label, each) == in_time);
      if (kind == "web.scraper" && covers(label, each))
        RC_ASSERT(action_of(each) == action::view);
      if (kind == "web.credential_stuffing" && covers(label, each))
        RC_ASSERT(action_of(each) == action::login);
    }
    // And once what it disturbed is over, they are the same again.
    if (kind != "web.error_burst")
      for (const auto& each : struck)
        if (time_of(each) >= city.start + 80min)
          RC_ASSERT(all_calm.count(outline(each)) == 1U);
  }));
}

CAF_TEST(a blatant scraper walks the items one after the other and sends no view or click) {
  auto city = small_city({{"visitors", 10, eager(0)}}, 30min);
  city.incidents = {incident_of("web.scraper", "visitors", 5min, 10min, 0)};
  const auto result = run(city);
  const auto label = labels(result).at("web.scraper");
  const auto lines = by_key(result, topic::web_requests).at(text(label, "entity"));
  CAF_CHECK(lines.size() > 2'000 && lines.size() < 2'800);
  CAF_CHECK(all_of(result, topic::web_views).empty());
  CAF_CHECK_EQUAL(label.at("first_seq").as_int64(), 0);
  CAF_CHECK_EQUAL(label.at("last_seq").as_int64(), static_cast<std::int64_t>(lines.size()) - 1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto item = std::stoi(item_of(lines[i]).substr(5));
    CAF_CHECK_EQUAL(item, (std::stoi(item_of(lines[i - 1]).substr(5)) + 1) % 300);
    CAF_CHECK(text(lines[i], "user_agent").rfind("Mozilla", 0) != 0);
  }
}

CAF_TEST(subtlety slows a scraper down and makes it call itself a browser) {
  std::size_t last = 1'000'000;
  for (double subtlety : {0.0, 0.3, 0.6, 1.0}) {
    auto city = small_city({{"visitors", 10, eager(0)}}, 30min);
    city.incidents = {incident_of("web.scraper", "visitors", 5min, 10min, subtlety)};
    const auto lines = all_of(run(city), topic::web_requests);
    CAF_CHECK(lines.size() < last && lines.size() > 50);
    CAF_CHECK_EQUAL(text(lines.front(), "user_agent").rfind("Mozilla", 0) == 0, subtlety >= 0.5);
    last = lines.size();
  }
}

CAF_TEST(credential stuffing fails for many other users) {
  auto city = small_city({{"visitors", 500, eager(0)}}, 30min);
  city.incidents = {incident_of("web.credential_stuffing", "visitors", 5min, 10min, 0.2)};
  const auto result = run(city);
  const auto lines =
      by_key(result, topic::web_requests).at(text(labels(result).at("web.credential_stuffing"), "entity"));
  std::set<std::string> users;
  std::size_t failed = 0;
  for (const auto& line : lines) {
    users.insert(text(line, "user_id"));
    failed += status(line) == 401 ? 1 : 0;
    CAF_CHECK(text(line, "user_id").substr(5) != text(line, "client_id").substr(7));
  }
  CAF_CHECK(users.size() > 200);
  CAF_CHECK(failed > lines.size() * 9 / 10);
}

CAF_TEST(an error burst answers 5xx as often as its subtlety says) {
  for (double subtlety : {0.0, 0.8}) {
    auto city = small_city({{"visitors", 100, eager(0)}}, 3h);
    city.incidents = {incident_of("web.error_burst", "visitors", 5min, 2h, subtlety, 20)};
    const auto result = run(city);
    double failed = 0;
    double all = 0;
    for (const auto& line : all_of(result, topic::web_requests)) {
      if (time_of(line) >= city.start + 125min)
        continue; // the last page that somebody looks at
      failed += status(line) >= 500 ? 1 : 0;
      ++all;
    }
    CAF_CHECK(all > 1'000);
    const auto share = 0.95 - 0.7 * subtlety;
    CAF_CHECK(std::fabs(failed / all - share) < 5 * std::sqrt(share * (1 - share) / all) + 0.002);
    CAF_CHECK_EQUAL(result.totals.web_errors > 0, true);
  }
}

CAF_TEST(a flooded site answers late and refuses) {
  auto city = small_city({{"visitors", 60, eager(400)}}, 40min, "2026-01-09T18:00:00Z");
  const auto middle = [](const run_result& result, double& refused) {
    std::vector<std::int64_t> times;
    double all = 0;
    refused = 0;
    for (const auto& line : all_of(result, topic::web_requests)) {
      if (time_of(line) < *parse_iso8601("2026-01-09T18:22:00Z") || line.at("referrer").is_null())
        continue;
      times.push_back(line.at("response_ms").as_int64());
      refused += status(line) == 503 ? 1 : 0;
      ++all;
    }
    refused /= all;
    std::sort(times.begin(), times.end());
    return times.at(times.size() / 2);
  };
  double refused_calm = 0;
  double refused_flooded = 0;
  const auto calm = middle(run(city), refused_calm);
  city.incidents = {incident_of("web.scraper", "visitors", 20min, 20min, 0, 10)};
  const auto flooded = middle(run(city), refused_flooded);
  CAF_CHECK(flooded > 4 * calm);
  CAF_CHECK_EQUAL(refused_calm, 0.0);
  CAF_CHECK(refused_flooded > 0.1);
}
