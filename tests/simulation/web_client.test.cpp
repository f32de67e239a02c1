#define CAF_SUITE simulation.web_client

#include "simulation/web_client.hpp"

#include <cmath>
#include <optional>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "life.hpp"
#include "simulation/site_queue.hpp"

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

const std::vector<std::string> kinds(web_client::incident_kinds.begin(), web_client::incident_kinds.end());

const session_chain chain{{}};

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
          CAF_CHECK(chain.can_begin_with(*now));
          continue;
        }
        const auto& before = session[i - 1];
        CAF_CHECK_EQUAL(text(session[i], "referrer"), "https://shop.example" + text(before, "path"));
        CAF_CHECK(time_of(session[i]) - time_of(before) >= 300ms);
        if (status(before) >= 400)
          CAF_CHECK_EQUAL(text(session[i], "path"), text(before, "path"));
        else
          CAF_CHECK(chain.can_follow(*action_of(before), *now));
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
  auto population = eager(400);
  population.capacity = 20;
  auto city = small_city({{"visitors", 60, population}}, 40min, "2026-01-09T18:00:00Z");
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
  // Some 43 requests a second where 20 of the usual mix can be served.
  CAF_CHECK(refused_flooded > 0.3 && refused_flooded < 0.65);
}

CAF_TEST(a queue grows with what cannot be served and drains when it can) {
  auto population = eager();
  population.capacity = 100;
  auto city = small_city({{"visitors", 10, population}}, 1h, "2026-01-09T18:00:00Z", 1s);
  site_queue queue{*make_world(city)};
  CAF_CHECK_EQUAL(queue.load().wait_ms, 0.0);
  tick_totals second;
  const auto served = static_cast<std::uint64_t>(queue.servers() * 1'000'000); // a second's work
  second.web_work_us = served * 3 / 2;
  for (int i = 1; i <= 10; ++i) {
    queue.take(second);
    CAF_CHECK(std::fabs(queue.load().wait_ms - 500 * i) < 1);
    CAF_CHECK_EQUAL(queue.load().refused, 0.0);
  }
  for (int i = 0; i < 20; ++i)
    queue.take(second);
  CAF_CHECK(std::fabs(queue.load().wait_ms - 8'000) < 1);      // no request waits longer
  CAF_CHECK(std::fabs(queue.load().refused - 1.0 / 3) < 0.01); // what is more than can be served
  CAF_CHECK(queue.load().utilisation > 0.95);
  second.web_work_us = served / 2;
  for (int i = 0; i < 16; ++i)
    queue.take(second);
  CAF_CHECK(queue.load().wait_ms < 1);
  CAF_CHECK_EQUAL(queue.load().refused, 0.0);
  CAF_CHECK(std::fabs(queue.load().utilisation - 0.5) < 0.1);
}

CAF_TEST(response times are log - normal and rise with the load by the queue) {
  // The median at night against the median of a busy evening, when the site can serve twice as much as comes.
  auto population = eager(300);
  population.capacity = 30;
  const auto median_of_views = [&](std::string_view start) {
    const auto result = run(small_city({{"visitors", 400, population}}, 1h, start));
    std::vector<double> times;
    for (const auto& line : all_of(result, topic::web_requests))
      if (action_of(line) == action::view && status(line) == 200 && time_of(line) > *parse_iso8601(start) + 20min)
        times.push_back(line.at("response_ms").to_number<double>());
    CAF_CHECK(times.size() > 100);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  };
  const auto night = median_of_views("2026-01-09T03:00:00Z");
  const auto evening = median_of_views("2026-01-09T19:30:00Z");
  CAF_CHECK(std::fabs(night / 55 - 1) < 0.15); // what a view takes on an idle site
  CAF_CHECK(evening > 1.5 * night);
}

CAF_TEST(visitors come in as the referrers weigh and walk as the session says) {
  auto population = eager();
  population.referrers = {1, 0, 0, 3, 0};
  population.session.start = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  const auto result = run(small_city({{"visitors", 60, population}}, 12h));
  double typed = 0;
  double social = 0;
  for (const auto& [id, lines] : by_key(result, topic::web_requests))
    for (const auto& session : sessions(lines)) {
      CAF_CHECK(action_of(session.front()) == action::search);
      const auto from = text(session.front(), "referrer");
      CAF_CHECK(from.empty() || from == "https://social.example/");
      (from.empty() ? typed : social) += 1;
    }
  const auto all = typed + social;
  CAF_CHECK(all > 500);
  CAF_CHECK(std::fabs(typed / all - 0.25) < 5 * std::sqrt(0.25 * 0.75 / all));
}

CAF_TEST(a flood of searches is as fast as its subtlety says) {
  for (double subtlety : {0.0, 1.0}) {
    auto city = small_city({{"visitors", 5, eager(0)}}, 30min);
    city.incidents = {incident_of("web.denial_of_service", "visitors", 5min, 10min, subtlety)};
    const auto lines = all_of(run(city), topic::web_requests);
    for (const auto& line : lines)
      CAF_CHECK(action_of(line) == action::search);
    const auto count = static_cast<double>(lines.size());
    if (subtlety == 0)
      CAF_CHECK(count > 26'000 && count < 30'000); // every 20 ms, and a millisecond between
    else
      CAF_CHECK(count > 200 && count < 320); // a median of 2 s, whose mean is exp(0.65^2 / 2) as long
  }
}

CAF_TEST(a path scan asks for what is not there and a cart bot never buys) {
  auto city = small_city({{"visitors", 5, eager(0)}}, 30min);
  city.incidents = {incident_of("web.path_scan", "visitors", 5min, 10min, 0)};
  const auto scan = all_of(run(city), topic::web_requests);
  std::set<std::string> paths;
  for (const auto& line : scan) {
    paths.insert(text(line, "path"));
    CAF_CHECK(!action_of(line) && (status(line) == 404 || status(line) == 403 || status(line) == 500));
  }
  CAF_CHECK(scan.size() > 3'000);
  CAF_CHECK(paths.size() > 20);
  for (double subtlety : {0.0, 0.6}) {
    city.incidents = {incident_of("web.cart_bot", "visitors", 5min, 10min, subtlety)};
    const auto result = run(city);
    const auto lines = all_of(result, topic::web_requests);
    std::size_t carts = 0;
    for (const auto& line : lines)
      carts += action_of(line) == action::cart ? 1 : 0;
    CAF_CHECK(carts > 20);
    CAF_CHECK_EQUAL(carts, subtlety < 0.5 ? lines.size() : lines.size() / 2);
    CAF_CHECK(all_of(result, topic::web_views).empty());
  }
}

CAF_TEST(a flash crowd comes to one thing and is innocent) {
  auto city = small_city({{"visitors", 200, eager(1)}}, 2h);
  city.incidents = {incident_of("web.flash_crowd", "visitors", 10min, 1h, 0, 150)};
  const auto result = run(city);
  std::map<std::string, std::int64_t> first_of;
  std::vector<double> minutes;
  for (const auto& label : all_of(result, topic::truth_labels)) {
    CAF_CHECK_EQUAL(label.at("malicious").as_bool(), false);
    if (!label.at("end").is_null())
      first_of["client-" + text(label, "entity").substr(7)] = label.at("first_seq").as_int64();
  }
  CAF_CHECK_EQUAL(first_of.size(), 150U);
  std::set<std::string> items;
  for (const auto& [id, lines] : by_key(result, topic::web_requests)) {
    if (!first_of.contains(id))
      continue;
    const auto& first = lines.at(static_cast<std::size_t>(first_of[id]));
    items.insert(text(first, "path"));
    CAF_CHECK_EQUAL(text(first, "referrer"), "https://social.example/");
    minutes.push_back(static_cast<double>((time_of(first) - city.start).count()) / 60'000 - 10);
  }
  CAF_CHECK_EQUAL(items.size(), 1U);
  std::sort(minutes.begin(), minutes.end());
  // Exponential with a mean of 2.4 minutes, by Kolmogorov and Smirnov: the 99.9th percentile.
  double distance = 0;
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    const auto cdf = 1 - std::exp(-minutes[i] / 2.4);
    const auto n = static_cast<double>(minutes.size());
    distance = std::max(
        {distance, std::fabs(cdf - static_cast<double>(i) / n), std::fabs(cdf - static_cast<double>(i + 1) / n)});
  }
  CAF_CHECK_LESS(distance, 1.95 / std::sqrt(static_cast<double>(minutes.size())));
}

CAF_TEST(a slow backend answers as slowly as its subtlety says) {
  const auto views = [](double subtlety) {
    auto city = small_city({{"visitors", 100, eager(0)}}, 3h);
    city.incidents = {incident_of("web.slow_backend", "visitors", 5min, 2h, subtlety, 20)};
    std::vector<double> times;
    double gave_up = 0;
    double all = 0;
    for (const auto& line : all_of(run(city), topic::web_requests)) {
      ++all;
      gave_up += status(line) == 504 ? 1 : 0;
      if (status(line) == 504)
        CAF_CHECK(line.at("response_ms").as_int64() >= 30'000);
      else if (action_of(line) == action::view)
        times.push_back(line.at("response_ms").to_number<double>());
    }
    std::sort(times.begin(), times.end());
    return std::pair{times.at(times.size() / 2), gave_up / all};
  };
  const auto [blatant, gave_up] = views(0);
  CAF_CHECK(std::fabs(blatant / (20 * 55) - 1) < 0.15);
  CAF_CHECK(std::fabs(gave_up - 0.15) < 0.04);
  const auto [hidden, none] = views(1);
  CAF_CHECK(std::fabs(hidden / (2 * 55) - 1) < 0.15);
  CAF_CHECK_EQUAL(none, 0.0);
}
