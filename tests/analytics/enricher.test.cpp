#define CAF_SUITE analytics.enricher

#include "analytics/enricher.hpp"

#include <caf/test/unit_test.hpp>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

std::shared_ptr<const lookup_table> zones(std::string text) {
  return lookup_table::parse(lookup_table::format::csv, std::move(text), "place", {"zone"}).value();
}

/// Counts of a zone, which is that of the place of a reading, a minute.
config::pipeline by_zone() {
  auto made = readings();
  made.enrich = {{"places.csv", "", "place", "", {"zone"}, object(R"({"zone": "nowhere"})")}};
  made.derive = {{"shown", boost::json::parse(R"({"$concat": ["zone ", "$zone"]})")}};
  made.windows = {tumbling("w", milliseconds{60'000}, {"shown"})};
  return made;
}

message at(std::int64_t offset, const std::string& place) {
  message made;
  made.offset = offset;
  made.value = R"({"id": "a", "t": "2026-01-01T00:00:01Z", "place": ")" + place + R"("})";
  return made;
}

std::map<std::string, std::int64_t> counts(const outcome& of) {
  std::map<std::string, std::int64_t> result;
  for (const auto* each : of.of(collection::windows))
    result[std::string{each->body.at("group").at("shown").as_string()}] = each->body.at("events").as_int64();
  return result;
}

using expected_counts = std::map<std::string, std::int64_t>;

} // namespace

CAF_TEST(events get the columns of their row and the default without one and later stages see them) {
  auto engine = make_engine(compiled(by_zone()), "readings", 0);
  CAF_CHECK_EQUAL(engine->use({zones("place,zone\nhall,in\nyard,out\n")}).size(), 1u);
  outcome seen;
  CAF_CHECK(!take_all(*engine, {at(0, "hall"), at(1, "yard"), at(2, "hall"), at(3, "moon")}, seen));
  effects open;
  engine->emit_open(open);
  seen.carry_out(open);
  CAF_CHECK_EQUAL(counts(seen), (expected_counts{{"zone in", 2}, {"zone out", 1}, {"zone nowhere", 1}}));
}

CAF_TEST(another version counts from where it is offered and the same one changes nothing) {
  auto engine = make_engine(compiled(by_zone()), "readings", 0);
  engine->use({zones("place,zone\nhall,in\n")});
  outcome seen;
  CAF_CHECK(!take_all(*engine, {at(0, "hall")}, seen));
  CAF_CHECK(engine->use({zones("place,zone\nhall,in\n")}).empty());
  auto changes = engine->use({zones("place,zone\nhall,out\n")});
  CAF_REQUIRE_EQUAL(changes.size(), 1u);
  CAF_CHECK_EQUAL(changes[0].name, "places.csv");
  CAF_CHECK_EQUAL(changes[0].content, "place,zone\nhall,out\n");
  CAF_CHECK(!take_all(*engine, {at(1, "hall")}, seen));
  effects open;
  engine->emit_open(open);
  seen.carry_out(open);
  CAF_CHECK_EQUAL(counts(seen), (expected_counts{{"zone in", 1}, {"zone out", 1}}));
}

CAF_TEST(a restored engine goes on with the version of its state whatever the file holds now) {
  auto plan = compiled(by_zone());
  auto engine = make_engine(plan, "readings", 0);
  engine->use({zones("place,zone\nhall,in\n")});
  auto base = saved(*engine, false);
  engine->use({zones("place,zone\nhall,out\n")});
  outcome seen;
  CAF_CHECK(!take_all(*engine, {at(0, "hall")}, seen));
  auto delta = saved(*engine, true);
  CAF_CHECK(std::none_of(delta.begin(), delta.end(),
                         [](const state_entry& x) { return x.value == "place,zone\nhall,in\n"; }));
  base.insert(base.end(), delta.begin(), delta.end());
  auto again = make_engine(plan, "readings", 0);
  again->restore(base);
  CAF_CHECK(again->use({zones("place,zone\nhall,out\n")}).empty());
  CAF_CHECK(!take_all(*again, {at(1, "hall")}, seen));
  effects open;
  again->emit_open(open);
  seen.carry_out(open);
  CAF_CHECK_EQUAL(counts(seen), (expected_counts{{"zone out", 2}}));
  auto unchanged = saved(*again, true);
  CAF_CHECK(
      std::none_of(unchanged.begin(), unchanged.end(), [](const state_entry& x) { return x.key.front() == 'e'; }));
}
