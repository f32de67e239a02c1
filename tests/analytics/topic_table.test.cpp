#define CAF_SUITE analytics.topic_table

#include "analytics/topic_table.hpp"

#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

config::enrichment shops(milliseconds keep = milliseconds{0}) {
  config::enrichment made;
  made.topic = "shops";
  made.on = "shop";
  made.add = {"town", "size"};
  made.timestamp = "at";
  made.timestamp_unit = config::timestamp_unit::ms;
  made.keep = keep;
  return made;
}

message row(std::string key, std::int64_t time, const std::string& more, std::int64_t offset = 0) {
  return {offset, R"({"at": )" + std::to_string(time) + more + "}", std::move(key), time};
}

message deleted(std::string key, std::int64_t time, std::int64_t offset = 0) {
  return {offset, std::nullopt, std::move(key), time};
}

std::string at(const lookup_table& table, const value& key, std::int64_t time) {
  const auto* found = table.find(key, {time});
  if (found == nullptr)
    return "none";
  std::string text;
  for (const auto& each : *found) {
    append_json(text, each.view());
    text += ' ';
  }
  return text;
}

std::string at(const lookup_table& table, std::string_view key, std::int64_t time) {
  return at(table, value::of(key), time);
}

std::shared_ptr<const lookup_table> table_of(const std::vector<message>& messages,
                                             config::enrichment definition = shops()) {
  topic_table rows{definition};
  for (const auto& each : messages)
    if (auto wrong = rows.take(each.raw()))
      CAF_FAIL(*wrong);
  auto made = rows.table();
  if (!made)
    CAF_FAIL(made.error().message);
  return *made;
}

} // namespace

CAF_TEST(an event sees the row as it was at its own time) {
  auto table = table_of({row("a", 100, R"(, "town": "Graz", "size": 1.50)"), row("a", 300, R"(, "town": "Linz")"),
                         deleted("a", 500), row("a", 700, R"(, "town": null, "size": [1, {"b": "é"}])"),
                         row("7", 100, R"(, "town": "Wien")")});
  CAF_CHECK_EQUAL(at(*table, "a", 99), "none");
  CAF_CHECK_EQUAL(at(*table, "a", 100), "\"Graz\" 1.5 ");
  CAF_CHECK_EQUAL(at(*table, "a", 299), "\"Graz\" 1.5 ");
  CAF_CHECK_EQUAL(at(*table, "a", 300), "\"Linz\" null ");
  CAF_CHECK_EQUAL(at(*table, "a", 500), "none");
  CAF_CHECK_EQUAL(at(*table, "a", 9'999), "null [1,{\"b\":\"é\"}] ");
  CAF_CHECK_EQUAL(at(*table, "b", 9'999), "none");
  CAF_CHECK_EQUAL(at(*table, value::of(std::int64_t{7}), 100), "\"Wien\" null ");
  CAF_CHECK_EQUAL(at(*table, value::of(7.0), 100), "\"Wien\" null ");
  CAF_CHECK_EQUAL(at(*table, value::null(), 100), "none");
}

CAF_TEST(rows that come out of order stand in that of their times and of one time the later counts) {
  auto table = table_of({row("a", 300, R"(, "size": 3)", 0), row("a", 100, R"(, "size": 1)", 1),
                         row("a", 200, R"(, "size": 2)", 2), row("a", 200, R"(, "size": 22)", 3)});
  CAF_CHECK_EQUAL(at(*table, "a", 150), "null 1 ");
  CAF_CHECK_EQUAL(at(*table, "a", 250), "null 22 ");
  CAF_CHECK_EQUAL(at(*table, "a", 350), "null 3 ");
}

CAF_TEST(what is no row is said and changes nothing) {
  topic_table rows{shops()};
  CAF_CHECK(!rows.take(row("a", 1, R"(, "size": 1)").raw()));
  auto before = rows.table().value()->version();
  CAF_CHECK(rows.take(message{1, "{}", std::nullopt, 5}.raw()));
  CAF_CHECK(rows.take(message{1, "{", "b", 5}.raw()));
  CAF_CHECK(rows.take(message{1, "{}", "b", 5}.raw())); // it has no `at`
  CAF_CHECK(rows.take(message{1, "{}", "\xff", 5}.raw()));
  auto after = rows.table().value();
  CAF_CHECK_EQUAL(after->version(), before);
}

CAF_TEST(without a field for it the timestamp of Kafka counts and without any a row is there from the beginning) {
  auto definition = shops();
  definition.timestamp.clear();
  definition.timestamp_unit = config::timestamp_unit::none;
  auto table = table_of({{0, R"({"size": 1})", "a", -1}, {1, R"({"size": 2})", "b", 50}}, definition);
  CAF_CHECK_EQUAL(at(*table, "a", 0), "null 1 ");
  CAF_CHECK_EQUAL(at(*table, "b", 49), "none");
  CAF_CHECK_EQUAL(at(*table, "b", 50), "null 2 ");
}

CAF_TEST(the table is that of the plain model and does not depend on how partitions interleave) {
  CAF_CHECK(rc::check("tables", [](std::uint64_t seed) {
    std::mt19937_64 draw{seed};
    auto keep = draw() % 2 == 0 ? milliseconds{0} : milliseconds{static_cast<std::int64_t>(draw() % 60)};
    std::vector<message> messages;
    for (auto n = draw() % 40; n > 0; --n) {
      auto key = std::string(1, "abcd"[draw() % 4]);
      auto time = static_cast<std::int64_t>(draw() % 100);
      messages.push_back(draw() % 4 == 0 ? deleted(key, time)
                                         : row(key, time, R"(, "size": )" + std::to_string(draw() % 1'000)));
    }
    auto table = table_of(messages, shops(keep));
    std::int64_t newest = 0;
    for (const auto& each : messages)
      newest = std::max(newest, each.timestamp_ms);
    for (const auto* key : {"a", "b", "c", "d"})
      for (std::int64_t time = keep.count() > 0 ? std::max<std::int64_t>(0, newest - keep.count()) : 0; time < 110;
           ++time) {
        const message* found = nullptr;
        for (const auto& each : messages)
          if (*each.key == key && each.timestamp_ms <= time &&
              (found == nullptr || each.timestamp_ms >= found->timestamp_ms))
            found = &each;
        auto expected = found == nullptr || !found->value
                            ? std::string{"none"}
                            : "null " + boost::json::serialize(boost::json::parse(*found->value).at("size")) + " ";
        RC_ASSERT(at(*table, std::string_view{key}, time) == expected);
      }
    // Keys lie in different partitions: those of one stay in order.
    std::stable_sort(messages.begin(), messages.end(),
                     [](const message& a, const message& b) { return *a.key < *b.key; });
    auto sorted = table_of(messages, shops(keep));
    RC_ASSERT(sorted->text() == table->text());
    // As a checkpoint has it.
    auto again = lookup_table::parse(lookup_table::format::topic, table->text(), "shop", {"town", "size"});
    RC_ASSERT(again.has_value());
    for (std::int64_t time = 0; time < 110; ++time)
      RC_ASSERT(at(**again, std::string_view{"a"}, time) == at(*table, std::string_view{"a"}, time));
  }));
}

CAF_TEST(its size is that of its text and what is kept is bounded by keep) {
  topic_table rows{shops(milliseconds{100})};
  for (std::int64_t i = 0; i < 10'000; ++i)
    CAF_REQUIRE(
        !rows.take((i % 10 == 9 ? deleted("b", i, i) : row(i % 2 == 0 ? "a" : "b", i, R"(, "size": 5)", i)).raw()));
  auto before = rows.bytes();
  auto text = rows.table().value()->text();
  CAF_CHECK_LESS(text.size(), 10'000u);
  CAF_CHECK_LESS(rows.bytes(), 10'000u);
  CAF_CHECK_GREATER(before, 500'000u);
  CAF_CHECK_GREATER(rows.bytes(), text.size() / 2);
}

CAF_TEST(an engine keeps the table that it uses in its checkpoint) {
  auto definition = readings();
  auto table = shops();
  table.defaults = object(R"({"town": "nowhere"})");
  definition.enrich = {table};
  definition.windows = {tumbling("w", milliseconds{60'000}, {"town"})};
  auto plan = compiled(definition);
  auto event = [](std::int64_t offset, std::int64_t second) {
    message made;
    made.offset = offset;
    made.value = R"({"id": "a", "shop": "s", "t": ")" + to_iso8601({second * 1'000}) + R"("})";
    return made;
  };
  auto engine = make_engine(plan, "readings", 0);
  auto used =
      engine->use({table_of({row("s", 2'000, R"(, "town": "Graz")"), row("s", 3'000, R"(, "town": "Linz")")}, table)});
  CAF_REQUIRE_EQUAL(used.size(), 1u);
  CAF_CHECK_EQUAL(used[0].name, "shops");
  CAF_CHECK_EQUAL(used[0].content, "");
  outcome seen;
  CAF_CHECK(!take_all(*engine, {event(0, 1), event(1, 2)}, seen));
  auto restarted = make_engine(plan, "readings", 0);
  restarted->restore(saved(*engine, false));
  CAF_CHECK(!take_all(*restarted, {event(2, 2), event(3, 3), event(4, 5)}, seen));
  effects open;
  restarted->emit_open(open);
  seen.carry_out(open);
  std::map<std::string, std::int64_t> counts;
  for (const auto* each : seen.of(collection::windows))
    counts[std::string{each->body.at("group").at("town").as_string()}] = each->body.at("events").as_int64();
  CAF_CHECK_EQUAL(counts, (std::map<std::string, std::int64_t>{{"nowhere", 1}, {"Graz", 2}, {"Linz", 2}}));
}
