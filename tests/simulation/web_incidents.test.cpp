#define CAF_SUITE simulation.web_incidents

#include "web_lines.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;

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

CAF_TEST(labels of a crowd of visitors name every event that is not as without the incident in each topic) {
  std::size_t also = 0;
  CAF_CHECK(rc::check([&] {
    auto city = small_city({{"visitors", 6, eager(600)}}, 30min, "2026-01-09T18:00:00Z");
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    // A site so large that nobody feels the others.
    std::get<config::web_client_population>(city.populations.front().behaviour).capacity = 1'000'000;
    const auto outline = [](event of) {
      // Numbers go on from those before, times of answers hang on the seq, and durations on the request before.
      for (const auto* field : {"seq", "session_id", "response_ms", "bytes", "click_duration"})
        of.erase(field);
      return boost::json::serialize(of);
    };
    const std::array topics{topic::web_requests, topic::web_views, topic::web_clicks, topic::web_ratings};
    const auto calm = run(city);
    const auto kind = *rc::gen::elementOf(kinds);
    city.incidents = {incident_of(kind, "visitors", 10min, 6min, *rc::gen::inRange(3, 11) / 10.0, 2)};
    const auto struck = run(city);
    std::vector<event> closed;
    for (const auto& label : all_of(struck, topic::truth_labels))
      if (!label.at("end").is_null())
        closed.push_back(label);
    RC_ASSERT(closed.size() == 2U);
    for (auto in : topics) {
      auto ordinary = by_key(calm, in);
      for (const auto& [key, events] : by_key(struck, in)) {
        std::multiset<std::string> without;
        for (const auto& each : ordinary[key])
          without.insert(outline(each));
        for (const auto& each : events) {
          const auto by_label = [&, key = key](const event& label) {
            return in == topic::web_requests ? text(label, "entity") == key && covers(label, each)
                                             : covers_also(label, in, key, each);
          };
          const auto labelled = std::any_of(closed.begin(), closed.end(), by_label);
          const auto during = time_of(each) >= city.start + 10min && time_of(each) < city.start + 16min;
          RC_ASSERT(!labelled || during);
          if (during && without.count(outline(each)) == 0)
            RC_ASSERT(labelled);
          also += labelled && in != topic::web_requests ? 1 : 0;
        }
      }
    }
  }));
  CAF_CHECK(also > 100);
}

CAF_TEST(a label whose incident outlives the world names what it did until then) {
  auto city = small_city({{"visitors", 10, eager(0)}}, 30min);
  city.incidents = {incident_of("web.scraper", "visitors", 5min, 10h, 0)};
  const auto result = run(city);
  const auto all = all_of(result, topic::truth_labels);
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK(all[0].at("seqs").is_null());
  CAF_CHECK(all[1].at("end").is_null());
  const auto lines = by_key(result, topic::web_requests).at(text(all[1], "entity"));
  CAF_CHECK_EQUAL(text(all[1], "seqs"), "0-" + std::to_string(lines.size() - 1));
  CAF_CHECK(run_world(make_world(city), {.shards = 3}).runs == result.runs);
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
    auto city = small_city({{"visitors", 400, eager(0)}}, 3h);
    city.incidents = {incident_of("web.error_burst", "visitors", 5min, 2h, subtlety, 300)};
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
