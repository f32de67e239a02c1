#define CAF_SUITE query.cases

#include "query/cases.hpp"

#include <numeric>

#include <rapidcheck.h>

#include "filled_store.hpp"

using namespace throng;
using namespace throng::test;
using query::alert_case;
using query::case_alert;

namespace {

using id_groups = std::set<std::set<std::string>>;

std::vector<alert_case> built(const std::vector<case_alert>& of, milliseconds gap) {
  query::case_builder builder{gap};
  std::vector<alert_case> out;
  for (const auto& each : of)
    builder.take(each, out);
  builder.finish(out);
  return out;
}

id_groups ids_of(const std::vector<alert_case>& cases) {
  id_groups out;
  for (const auto& each : cases) {
    std::set<std::string> ids;
    for (const auto& [time, id] : each.ids)
      ids.insert(id);
    out.insert(std::move(ids));
  }
  return out;
}

/// By definition: every pair is looked at, and what is linked gets the same number until nothing changes.
id_groups by_definition(const std::vector<case_alert>& of, milliseconds gap) {
  const auto names = [](const case_alert& a, const std::string& entity) {
    return a.entity == entity || std::count(a.named.begin(), a.named.end(), entity) > 0;
  };
  std::vector<std::size_t> number(of.size());
  std::iota(number.begin(), number.end(), std::size_t{0});
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t a = 0; a < of.size(); ++a)
      for (std::size_t b = 0; b < of.size(); ++b)
        if (of[a].pipeline == of[b].pipeline && std::abs(of[a].time.ms - of[b].time.ms) <= gap.count() &&
            (names(of[a], of[b].entity) || names(of[b], of[a].entity)) && number[a] != number[b]) {
          number[a] = number[b] = std::min(number[a], number[b]);
          changed = true;
        }
  }
  std::map<std::size_t, std::set<std::string>> groups;
  for (std::size_t i = 0; i < of.size(); ++i)
    groups[number[i]].insert(of[i].id);
  id_groups out;
  for (auto& [_, ids] : groups)
    out.insert(std::move(ids));
  return out;
}

case_alert make_case_alert(std::string id, std::string entity, std::int64_t time, std::vector<std::string> named = {},
                           std::string pipeline = "bank") {
  case_alert out;
  out.id = std::move(id);
  out.pipeline = std::move(pipeline);
  out.detector = "rule";
  out.entity = std::move(entity);
  out.time = {time};
  out.named = std::move(named);
  return out;
}

query::request cases() {
  query::request out;
  out.subject = query::subject::cases;
  return out;
}

document naming(document alert, json::object evidence, const char* severity = "warning") {
  alert.body["evidence"] = std::move(evidence);
  alert.body["severity"] = severity;
  return alert;
}

constexpr milliseconds ten{10};

} // namespace

CAF_TEST(the groups are those of the definition over every pair) {
  CAF_CHECK(rc::check([] {
    const auto entity = rc::gen::map(rc::gen::inRange(0, 6), [](int i) { return "e" + std::to_string(i); });
    const auto many = *rc::gen::inRange(0, 40);
    std::vector<case_alert> alerts;
    std::int64_t now = 0;
    for (int i = 0; i < many; ++i) {
      now += *rc::gen::weightedElement<int>({{3, 0}, {6, 2}, {3, 5}, {3, 11}, {1, 30}});
      alerts.push_back(make_case_alert("a" + std::to_string(100 + i), *entity, now,
                                       *rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(entity)),
                                       *rc::gen::weightedElement<std::string>({{5, "bank"}, {1, "rings"}})));
    }
    const auto found = built(alerts, ten);
    RC_ASSERT(ids_of(found) == by_definition(alerts, ten));
    for (const auto& each : found) {
      RC_ASSERT(each.alerts == each.ids.size());
      RC_ASSERT(each.start == each.ids.begin()->first);
      RC_ASSERT(each.end == each.ids.rbegin()->first);
    }
  }));
}

CAF_TEST(alerts of one entity are one case as long as none lies further from the next than the gap) {
  const auto groups = ids_of(built({make_case_alert("1", "x", 0), make_case_alert("2", "x", 10),
                                    make_case_alert("3", "x", 20), make_case_alert("4", "x", 31)},
                                   ten));
  CAF_CHECK(groups == (id_groups{{"1", "2", "3"}, {"4"}}));
}

CAF_TEST(an alert that names another entity links to alerts about it before and after) {
  const auto groups =
      ids_of(built({make_case_alert("1", "x", 0), make_case_alert("2", "y", 8, {"x", "z"}),
                    make_case_alert("3", "x", 17), make_case_alert("4", "z", 18), make_case_alert("5", "z", 40)},
                   ten));
  CAF_CHECK(groups == (id_groups{{"1", "2", "3", "4"}, {"5"}})); // 1 and 3 are 17 apart: by 2 alone
}

CAF_TEST(two that name the same text which is nobody with an alert are two cases) {
  const auto groups = ids_of(built({make_case_alert("1", "x", 0, {"AT"}), make_case_alert("2", "y", 1, {"AT"})}, ten));
  CAF_CHECK(groups == (id_groups{{"1"}, {"2"}}));
}

CAF_TEST(what is kept is that of the last gap however long the stream) {
  query::case_builder builder{ten};
  std::vector<alert_case> out;
  std::size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto id = std::to_string(100'000 + i);
    builder.take(make_case_alert(id, "e" + id, i, {"a" + id, "b" + id}), out);
    most = std::max(most, builder.kept());
  }
  CAF_CHECK(most <= 44U); // an alert and three names each, of the moments from ten before to now
  builder.finish(out);
  CAF_CHECK_EQUAL(out.size(), 20'000u);
}

CAF_TEST(a case of many alerts keeps the ids of the earliest and counts all) {
  std::vector<case_alert> alerts;
  for (int i = 0; i < 250; ++i)
    alerts.push_back(make_case_alert(std::to_string(1'000 + i), i % 2 == 0 ? "x" : "y", i));
  alerts.push_back(make_case_alert("2000", "x", 250, {"y"})); // two cases until here
  const auto found = built(alerts, ten);
  CAF_REQUIRE_EQUAL(found.size(), 1u);
  CAF_CHECK_EQUAL(found[0].alerts, 251u);
  CAF_CHECK_EQUAL(found[0].ids.size(), query::most_ids_of_case);
  CAF_CHECK_EQUAL(found[0].id(), "1000");
  CAF_CHECK_EQUAL(found[0].ids.rbegin()->second, "1099");
}

CAF_TEST(a case says who it is about how bad it is and how far people are with it) {
  filled_store store;
  store.write({naming(make_alert("a1", "account-1", six_o_clock, "fan-out"), {{"payees", {"account-2", "account-3"}}}),
               naming(make_alert("a2", "account-2", six_o_clock + minute, "mule"), {{"amount", 900.5}}, "critical"),
               make_alert("b1", "account-9", six_o_clock + 2 * minute, "mule")});
  auto shown = must(query::ask(*store, cases())).items;
  CAF_REQUIRE_EQUAL(shown.size(), 2u);
  CAF_CHECK_EQUAL(text(shown[0]),
                  R"({"id":"a1","pipeline":"city-climate","start":"2026-01-05T06:00:00.000Z",)"
                  R"("end":"2026-01-05T06:01:00.000Z","severity":"critical","status":"open","alerts":2,"right":0,)"
                  R"("wrong":0,"muted":0,"entity_count":2,"entities":["account-1","account-2"],)"
                  R"("detectors":["fan-out","mule"],"alert_ids":["a1","a2"]})");
  auto deed = [&, at = six_o_clock](const char* alert, query::alert_change to) mutable {
    must(query::record_deed(*store, {alert, to, "ann", "", {at += 1'000}}));
  };
  deed("a1", query::alert_status::resolved);
  CAF_CHECK_EQUAL(column(must(query::ask(*store, cases())), "status"), (texts{"open", "open"}));
  deed("a2", query::alert_status::acknowledged);
  deed("a2", query::alert_verdict::right);
  deed("b1", query::alert_status::resolved);
  auto lived = must(query::ask(*store, cases()));
  CAF_CHECK_EQUAL(column(lived, "status"), (texts{"acknowledged", "resolved"}));
  CAF_CHECK_EQUAL(column(lived, "right"), (texts{"1", "0"}));
}

CAF_TEST(cases are asked for by what they are and in pages) {
  filled_store store;
  std::vector<document> alerts;
  for (int i = 0; i < 7; ++i)
    alerts.push_back(
        make_alert("a" + std::to_string(i), "sensor-" + std::to_string(i % 2), six_o_clock + i * (60 * minute)));
  store.write(alerts);
  auto asked = cases();
  asked.gap = milliseconds{minute};
  CAF_CHECK_EQUAL(must(query::count(*store, asked)), 7u);
  asked.gap = milliseconds{120 * minute};
  CAF_CHECK_EQUAL(column(must(query::ask(*store, asked)), "alerts"), (texts{"4", "3"}));
  asked.gap = milliseconds{minute};
  asked.entity = "sensor-1";
  CAF_CHECK_EQUAL(column(must(query::ask(*store, asked)), "id"), (texts{"a1", "a3", "a5"}));
  asked.entity = "";
  asked.from = timestamp{six_o_clock + 60 * minute};
  asked.to = timestamp{six_o_clock + 180 * minute};
  CAF_CHECK_EQUAL(column(must(query::ask(*store, asked)), "id"), (texts{"a1", "a2"}));
  asked.from = asked.to = {};
  asked.sort = "-start";
  asked.limit = 3;
  auto page = must(query::ask(*store, asked));
  CAF_CHECK_EQUAL(column(page, "id"), (texts{"a6", "a5", "a4"}));
  asked.cursor = page.next.value();
  CAF_CHECK_EQUAL(column(must(query::ask(*store, asked)), "id"), (texts{"a3", "a2", "a1"}));
  asked.gap = milliseconds{2 * minute};
  CAF_CHECK(!query::ask(*store, asked)); // a cursor of another question
  asked = query::request{};
  asked.subject = query::subject::alerts;
  asked.gap = milliseconds{minute};
  CAF_CHECK(!query::ask(*store, asked));
}

CAF_TEST(pages of the store change nothing and what was overtaken belongs to no case) {
  filled_store store;
  std::vector<document> alerts;
  for (int i = 0; i < 30; ++i) // ten of a moment, more than a page
    alerts.push_back(make_alert("a" + std::to_string(10 + i), "sensor", six_o_clock + i / 10));
  alerts.back().offset = 99;
  store.write(alerts);
  for (std::size_t page : {1U, 4U, 10U, 1'000U}) {
    auto found = must(query::cases_in(*store, must(query::overtaken::by_claims_in(*store)), cases(), page));
    CAF_REQUIRE_EQUAL(found.size(), 1u);
    CAF_CHECK_EQUAL(found[0].document.at("alerts").to_number<int>(), 30);
  }
  store.claim("city-climate", 50);
  store.claim("city-climate", 50);
  CAF_CHECK_EQUAL(column(must(query::ask(*store, cases())), "alerts"), texts{"29"});
}
