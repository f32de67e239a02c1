#define CAF_SUITE simulation.web_client

#include "web_lines.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;

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
