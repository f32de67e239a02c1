#define CAF_SUITE analytics.rekey

#include "analytics/rekeyed_reader.hpp"
#include "analytics/rekeyer.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "two_halves.hpp"

using namespace throng;
using namespace throng::test;

namespace {

constexpr std::int64_t disorder = 3'000;
constexpr std::int64_t size = 10'000;
constexpr std::int64_t lateness = 4'000;
constexpr std::int64_t over = 20'000;
constexpr std::int64_t hop = 4'000; // two panes to a hop
constexpr std::int64_t gap = 5'000;
constexpr std::int64_t midnight = std::int64_t{23} * 3'600'000; // in Paris, in winter

struct payment {
  std::int64_t time = 0;
  std::string payee;
  std::int64_t amount = 0;
};

/// What one partition of a topic holds, in its order.
using partition_stream = std::pair<source_partition, std::vector<payment>>;

/// Payments keyed by payer, windows and a look-back by payee.
config::pipeline by_payee() {
  auto made = readings();
  made.disorder = milliseconds{disorder};
  made.rekey = "payee";
  made.derive = {{"twice", boost::json::parse(R"({"$multiply": ["$amount", 2]})")}};
  made.features = {feature("fan_in", milliseconds{over}, "count")};
  made.windows = {tumbling("tumbling", milliseconds{size}, {"payee"}),
                  hopping("hopping", milliseconds{size}, milliseconds{hop}, {"payee"}),
                  session("session", milliseconds{gap}, {"payee"}),
                  calendar_window("calendar", "1d", "Europe/Paris", {"payee"})};
  for (auto& window : made.windows) {
    window.lateness = milliseconds{lateness};
    window.aggregates = {aggregates("twice", {"sum", "first"})};
  }
  made.rules = {rule("fan-in", R"({"fan_in": {"$gt": 3}})")};
  return made;
}

message as_message(std::int64_t offset, const payment& x) {
  message made;
  made.offset = offset;
  made.value = R"({"id": "payer", "t": ")" + to_iso8601({x.time}) + R"(", "payee": ")" + x.payee + R"(", "amount": )" +
               std::to_string(x.amount) + "}";
  return made;
}

/// A window of a payee, and what it holds.
struct counted {
  std::int64_t end = 0;
  std::int64_t events = 0;
  std::int64_t sum = 0; ///< of twice the amount
  std::int64_t late = 0;
  std::int64_t first = 0; ///< of twice the amount
  bool final = false;
  friend auto operator<=>(const counted&, const counted&) = default;
};

/// By (window, start, payee); and the payments that raise an alert: topic, partition, offset.
struct found {
  std::map<std::tuple<std::string, std::int64_t, std::string>, counted> windows;
  std::set<std::tuple<std::string, std::int64_t, std::int64_t>> alerts;
  friend bool operator==(const found&, const found&) = default;
};

/// A payment where it stands, and what it is judged by.
struct placed {
  std::int64_t time = 0;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string payee;
  std::int64_t amount = 0;
  std::int64_t watermark = 0;
  friend auto operator<=>(const placed&, const placed&) = default;
};

void count(found& into, const std::string& window, std::int64_t start, std::int64_t end, const placed& x, bool late) {
  auto [it, is_new] = into.windows.try_emplace({window, start, x.payee});
  if (is_new)
    it->second.first = 2 * x.amount;
  it->second.end = end;
  ++it->second.events;
  it->second.sum += 2 * x.amount;
  it->second.late += late ? 1 : 0;
}

/// By definition: lateness by each partition's own watermark, then one stream in order.
found naive(const std::vector<partition_stream>& streams) {
  found result;
  auto least = INT64_MAX;
  std::vector<placed> in_order;
  for (const auto& [from, payments] : streams) {
    auto highest = INT64_MIN / 2;
    for (std::size_t i = 0; i < payments.size(); ++i) {
      const auto& x = payments[i];
      in_order.push_back(
          {x.time, from.topic, from.partition, static_cast<std::int64_t>(i), x.payee, x.amount, highest - disorder});
      highest = std::max(highest, x.time);
    }
    least = std::min(least, highest - disorder);
  }
  std::sort(in_order.begin(), in_order.end());
  std::map<std::string, std::vector<placed>> in_sessions;
  for (const auto& x : in_order) {
    auto aligned = [&](const std::string& window, std::int64_t start, std::int64_t end) {
      if (x.watermark < end + lateness)
        count(result, window, start, end, x, x.watermark >= end);
    };
    aligned("tumbling", x.time / size * size, x.time / size * size + size);
    for (auto start = x.time / hop * hop; start > x.time - size; start -= hop)
      aligned("hopping", start, start + size);
    auto day = x.time < midnight ? midnight - 86'400'000 : midnight;
    aligned("calendar", day, day + 86'400'000);
    if (x.watermark < x.time + gap + lateness)
      in_sessions[x.payee].push_back(x);
  }
  for (const auto& [payee, members] : in_sessions) {
    std::int64_t start = 0;
    std::int64_t last = INT64_MIN / 2;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto& x = members[i];
      if (x.time >= last + gap)
        start = x.time;
      last = x.time;
      count(result, "session", start, x.time + gap, x, x.watermark >= x.time + gap);
    }
  }
  for (auto& [which, window] : result.windows)
    window.final = least >= window.end + lateness + (std::get<0>(which) == "session" ? gap : 0);
  std::erase_if(in_order, [](const placed& x) { return x.time < x.watermark; });
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    const auto& x = in_order[i];
    auto fan_in = std::count_if(in_order.begin(), in_order.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                [&](const auto& y) { return y.time > x.time - over && y.payee == x.payee; });
    if (fan_in > 3)
      result.alerts.emplace(x.topic, x.partition, x.offset);
  }
  return result;
}

found in_store(const std::vector<outcome>& of) {
  found result;
  for (const auto& each : of) {
    for (const auto* x : each.of(collection::windows))
      result.windows[{std::string{x->body.at("window").as_string()}, x->body.at("start").as_int64(),
                      std::string{x->body.at("group").at("payee").as_string()}}] = {
          x->body.at("end").as_int64(),
          x->body.at("events").as_int64(),
          x->body.at("twice").at("sum").to_number<std::int64_t>(),
          x->body.at("late").as_int64(),
          x->body.at("twice").at("first").to_number<std::int64_t>(),
          x->body.at("final").as_bool()};
    for (const auto* x : each.of(collection::alerts)) {
      const auto& source = x->body.at("source").as_object();
      result.alerts.emplace(std::string{source.at("topic").as_string()},
                            source.at("partition").to_number<std::int64_t>(),
                            source.at("offset").to_number<std::int64_t>());
    }
  }
  return result;
}

found run(const std::vector<partition_stream>& streams, two_halves::failing how) {
  std::vector<partition_messages> messages;
  for (const auto& [from, payments] : streams) {
    auto& to = messages.emplace_back(from, std::vector<message>{}).second;
    for (std::size_t i = 0; i < payments.size(); ++i)
      to.push_back(as_message(static_cast<std::int64_t>(i), payments[i]));
  }
  return in_store(two_halves(compiled(by_payee()), std::move(messages), *rc::gen::inRange(1, 4),
                             *rc::gen::arbitrary<std::uint64_t>())
                      .run(how));
}

std::vector<partition_stream> some_streams() {
  std::vector<partition_stream> streams;
  for (const auto* topic : {"cards", "transfers"})
    for (int partition = 0; partition < *rc::gen::inRange(1, 4); ++partition) {
      auto& payments = streams.emplace_back(source_partition{topic, partition}, std::vector<payment>{}).second;
      auto time = midnight - 40'000 + *rc::gen::inRange<std::int64_t>(0, 20'000);
      for (int i = *rc::gen::inRange(0, 30); i > 0; --i) {
        time += *rc::gen::inRange<std::int64_t>(0, 2'500);
        auto back = *rc::gen::element<std::int64_t>(0, 0, 0, 1'000, 3'000, 5'000, 8'000, 12'000, 30'000);
        payments.push_back({std::max<std::int64_t>(0, time - back), *rc::gen::element<std::string>("a", "b", "c"),
                            *rc::gen::inRange<std::int64_t>(1, 100)});
      }
    }
  return streams;
}

} // namespace

CAF_TEST(rekeyed streams give what one ordered stream gives however they interleave) {
  CAF_CHECK(rc::check([] {
    auto streams = some_streams();
    RC_ASSERT(run(streams, two_halves::failing::never) == naive(streams));
  }));
}

CAF_TEST(nothing changes when either half crashes at any point and what was sent comes again) {
  CAF_CHECK(rc::check([] {
    auto streams = some_streams();
    RC_ASSERT(run(streams, two_halves::failing::each) == naive(streams));
  }));
}

CAF_TEST(nothing changes when all fail at once and what stood between the halves is gone) {
  CAF_CHECK(rc::check([] {
    auto streams = some_streams();
    RC_ASSERT(run(streams, two_halves::failing::all) == naive(streams));
  }));
}

CAF_TEST(a reader that lacks what an earlier rekeyer has sent says so) {
  std::vector<partition_stream> streams{{{"cards", 0}, {}}};
  auto plan = compiled(by_payee());
  auto first = make_rekeyer(plan, "cards", 0, 1);
  effects out;
  CAF_CHECK(first->take(as_message(0, {midnight, "a", 1}).raw(), out));
  first->before_checkpoint(out);
  auto state = saved(*first, false);
  auto again = make_rekeyer(plan, "cards", 0, 1);
  again->restore(state);
  out.clear();
  CAF_CHECK(again->take(as_message(1, {midnight, "a", 1}).raw(), out));
  auto second = make_rekeyed_reader(plan, 0, {{"cards", 0}});
  effects none;
  auto refused = second->take(message{0, out.messages.front().value, {}, -1}.raw(), none);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().message.find("--reset") != std::string::npos);
}

CAF_TEST(a silent partition holds results back unless idle advances and then they say so) {
  for (auto advances : {false, true}) {
    auto definition = by_payee();
    definition.idle_advances = advances;
    auto plan = compiled(definition);
    auto busy = make_rekeyer(plan, "cards", 0, 1);
    auto silent = make_rekeyer(plan, "cards", 1, 1);
    auto second = make_rekeyed_reader(plan, 0, {{"cards", 0}, {"cards", 1}});
    effects travels;
    for (std::int64_t i = 0; i < 3; ++i)
      CAF_CHECK(busy->take(as_message(i, {midnight + i * 15'000, "a", 1}).raw(), travels));
    busy->before_checkpoint(travels);
    auto before = travels.messages.size();
    silent->emit_open(travels);
    CAF_CHECK(travels.messages.size() > before);
    effects out;
    for (std::size_t i = 0; i < travels.messages.size(); ++i) {
      CAF_CHECK(second->take(message{static_cast<std::int64_t>(i), travels.messages[i].value, {}, -1}.raw(), out));
      CAF_CHECK(out.documents.empty() || i >= before);
    }
    CAF_CHECK_EQUAL(!out.documents.empty(), advances);
    for (const auto& each : out.documents)
      CAF_CHECK(each.body.contains("exact") && !each.body.at("exact").as_bool());
  }
}

CAF_TEST(what waits at the end is shown with what late events had changed before it and stays shown) {
  auto plan = compiled(by_payee());
  std::vector<std::unique_ptr<partition_task>> first;
  for (std::int32_t partition : {0, 1})
    first.push_back(make_rekeyer(plan, "cards", partition, 1));
  auto second = make_rekeyed_reader(plan, 0, {{"cards", 0}, {"cards", 1}});
  outcome stored;
  std::int64_t offset = 0;
  auto pay = [&](std::size_t partition, std::int64_t at) {
    effects travels;
    CAF_REQUIRE(
        first[partition]->take(as_message(first[partition]->next_offset(), {midnight + at, "a", 1}).raw(), travels));
    effects out;
    for (auto& each : travels.messages)
      CAF_REQUIRE(second->take(message{offset++, each.value, each.key, -1}.raw(), out));
    stored.carry_out(out);
  };
  auto events = [&] { return stored.window("tumbling", midnight, R"(["a"])")->at("events").as_int64(); };
  pay(0, 1'000);
  pay(1, 15'000);
  pay(0, 14'500);
  CAF_CHECK_EQUAL(events(), 1); // its end has come
  pay(0, 2'000);
  pay(0, 15'000); // lets the late one in, which the next checkpoint writes
  pay(0, 3'000);  // waits
  CAF_CHECK_EQUAL(events(), 1);
  effects out;
  second->emit_at_end(out);
  stored.carry_out(out);
  CAF_CHECK_EQUAL(events(), 3);
  second->before_checkpoint(out);
  stored.carry_out(out);
  CAF_CHECK_EQUAL(events(), 3);
}

CAF_TEST(a message travels with everything it had) {
  rekeyed_message sent;
  sent.definition = 7;
  sent.topic = "cards";
  sent.partition = 3;
  sent.place = {12, 1};
  sent.watermark = {99};
  sent.carried = {{100}, 101, std::nullopt, R"({"a": 1})", R"("b":2)"};
  auto bytes = to_bytes(sent);
  auto got = from_bytes(bytes);
  CAF_CHECK_EQUAL(got.topic, "cards");
  CAF_CHECK_EQUAL(got.partition, 3);
  CAF_CHECK(got.place == sent.place);
  CAF_CHECK_EQUAL(got.watermark.ms, 99);
  CAF_REQUIRE(got.carried);
  CAF_CHECK(!got.carried->key);
  CAF_CHECK_EQUAL(got.carried->added, R"("b":2)");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    auto refused = false;
    try {
      from_bytes(std::string_view{bytes}.substr(0, cut));
    } catch (const corrupt_state&) {
      refused = true;
    }
    CAF_CHECK(refused);
  }
  std::string joined;
  join_members("{ } ", R"("b":2)", joined);
  CAF_CHECK_EQUAL(joined, R"({ "b":2})");
  join_members(R"({"a": 1})", R"("b":2)", joined);
  CAF_CHECK_EQUAL(joined, R"({"a": 1,"b":2})");
}

CAF_TEST(an event without the new key is a dead letter that says so) {
  auto first = make_rekeyer(compiled(by_payee()), "cards", 0, 2);
  effects out;
  CAF_CHECK(first->take(
      message{0, R"({"id": "p", "t": "2026-01-01T00:00:00Z", "amount": 1, "payee": null})", {}, -1}.raw(), out));
  auto dead = std::find_if(out.messages.begin(), out.messages.end(),
                           [](const side_message& x) { return x.topic == "analytics.dead_letter"; });
  CAF_REQUIRE(dead != out.messages.end());
  CAF_CHECK_EQUAL(outcome::header(*dead, "reason"), "no_key");
  CAF_CHECK_EQUAL(outcome::header(*dead, "detail"), "`payee`, the key of rekey, is null.");
}
