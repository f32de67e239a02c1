#define CAF_SUITE analytics.join

#include <algorithm>
#include <set>
#include <tuple>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "two_halves.hpp"

using namespace throng;
using namespace throng::test;

namespace {

constexpr std::int64_t disorder = 3'000;
constexpr std::int64_t within = 4'000;

/// Orders with the clicks of the same user, as messages to a topic.
config::pipeline orders_with_clicks(bool left) {
  auto made = readings();
  made.source = "orders";
  made.disorder = milliseconds{disorder};
  made.where = object(R"({"n": {"$ne": 3}})");
  made.derive = {{"twice", boost::json::parse(R"({"$multiply": ["$n", 2]})")}};
  made.join.emplace();
  made.join->with = "clicks";
  made.join->on = made.rekey = "user";
  made.join->within = milliseconds{within};
  made.join->timestamp = "t";
  made.join->left = left;
  made.join->add = {"page", "depth"};
  made.to = "joined";
  for (const auto* name : {"n", "twice", "user", "page", "depth"})
    made.project.emplace_back(name, 1);
  return made;
}

struct happening {
  std::int64_t time = 0;
  std::string user;
  std::int64_t n = 0;
  source_partition from = {};
  std::int64_t offset = 0;
  std::int64_t stands = 0; ///< its time, or its partition's watermark where it is late
};

std::string page_of(const happening& click) {
  return std::to_string(click.from.partition) + "/" + std::to_string(click.offset);
}

message as_message(const happening& x) {
  message made;
  made.offset = x.offset;
  made.value = R"({"id": "i", "t": ")" + to_iso8601({x.time}) + R"(", "user": ")" + x.user + R"(", "n": )" +
               std::to_string(x.n) +
               (x.from.topic == "clicks" ? R"(, "page": ")" + page_of(x) + R"(")" : std::string{}) + "}";
  return made;
}

std::vector<happening> some_happenings() {
  std::vector<happening> made;
  for (const auto* topic : {"orders", "clicks"})
    for (int partition = 0; partition < *rc::gen::inRange(1, 3); ++partition) {
      auto time = *rc::gen::inRange<std::int64_t>(100'000, 110'000);
      std::int64_t highest = INT64_MIN;
      auto count = *rc::gen::inRange<std::int64_t>(0, 25);
      for (std::int64_t i = 0; i < count; ++i) {
        time += *rc::gen::inRange<std::int64_t>(0, 2'500);
        auto back = *rc::gen::element<std::int64_t>(0, 0, 0, 1'000, 3'000, 5'000, 9'000, 30'000);
        happening next{time - back,
                       *rc::gen::element<std::string>("a", "b"),
                       *rc::gen::inRange<std::int64_t>(0, 6),
                       {topic, partition},
                       i,
                       0};
        next.stands = highest == INT64_MIN ? next.time : std::max(next.time, highest - disorder);
        highest = std::max(highest, next.time);
        made.push_back(next);
      }
    }
  return made;
}

/// (partition, offset) of an order, with the page that it met, or none.
using joined = std::multiset<std::tuple<std::int32_t, std::int64_t, std::string>>;

joined naive(const std::vector<happening>& all, bool left) {
  joined result;
  for (const auto& order : all) {
    if (order.from.topic != "orders" || order.n == 3)
      continue;
    auto any = false;
    for (const auto& click : all)
      if (click.from.topic == "clicks" && click.user == order.user && std::abs(click.stands - order.stands) <= within) {
        result.emplace(order.from.partition, order.offset, page_of(click));
        any = true;
      }
    if (!any && left)
      result.emplace(order.from.partition, order.offset, "none");
  }
  return result;
}

void check(two_halves::failing how) {
  auto all = some_happenings();
  auto left = *rc::gen::arbitrary<bool>();
  std::map<source_partition, std::vector<message>> streams{{{"orders", 0}, {}}, {{"clicks", 0}, {}}};
  for (const auto& each : all)
    streams[each.from].push_back(as_message(each));
  two_halves halves{compiled(orders_with_clicks(left)),
                    {streams.begin(), streams.end()},
                    *rc::gen::inRange(1, 4),
                    *rc::gen::arbitrary<std::uint64_t>()};
  joined found;
  for (const auto& each : halves.run(how))
    for (const auto& [id, sent] : each.messages) { // each id once
      RC_ASSERT(sent.topic == "joined");
      RC_ASSERT(outcome::header(sent, "source_topic") == "orders");
      auto partition = std::stoi(outcome::header(sent, "source_partition"));
      auto offset = std::stoll(outcome::header(sent, "source_offset"));
      auto shown = boost::json::parse(sent.value).as_object();
      const auto& order = *std::find_if(all.begin(), all.end(), [&](const happening& x) {
        return x.from == source_partition{"orders", partition} && x.offset == offset;
      });
      RC_ASSERT(sent.key == order.user);
      RC_ASSERT(sent.time.ms == order.time);
      RC_ASSERT(shown.at("n").as_int64() == order.n);
      RC_ASSERT(shown.at("twice").as_int64() == 2 * order.n);
      RC_ASSERT(shown.at("depth").is_null());
      found.emplace(partition, offset, shown.at("page").is_null() ? "none" : std::string{shown.at("page").as_string()});
    }
  RC_ASSERT(found == naive(all, left));
}

} // namespace

CAF_TEST(every event of one topic meets those of the other that are near however the partitions interleave) {
  CAF_CHECK(rc::check([] { check(two_halves::failing::never); }));
}

CAF_TEST(nothing changes when either half crashes at any point) {
  CAF_CHECK(rc::check([] { check(two_halves::failing::each); }));
}

CAF_TEST(nothing changes when all fail at once) {
  CAF_CHECK(rc::check([] { check(two_halves::failing::all); }));
}

CAF_TEST(an event waits until nothing near it can come and what no event can reach is forgotten) {
  auto definition = orders_with_clicks(true);
  definition.disorder = milliseconds{0};
  auto plan = compiled(definition);
  auto orders = make_rekeyer(plan, "orders", 0, 1);
  auto clicks = make_rekeyer(plan, "clicks", 0, 1);
  rekeyed_reader reader{plan, 0, {{"orders", 0}, {"clicks", 0}}};
  effects out;
  std::int64_t offset = 0;
  auto hand_over = [&](effects& sent) {
    for (auto& each : sent.messages)
      CAF_REQUIRE(reader.take(message{offset++, each.value, each.key, -1}.raw(), out).has_value());
    sent.clear();
  };
  auto order = [&](std::int64_t at, std::int64_t time) {
    effects sent;
    CAF_REQUIRE(orders->take(as_message({time, "a", 1, {"orders", 0}, at}).raw(), sent).has_value());
    hand_over(sent);
  };
  auto click = [&](std::int64_t at, std::int64_t time) {
    effects sent;
    CAF_REQUIRE(clicks->take(as_message({time, "a", 1, {"clicks", 0}, at}).raw(), sent).has_value());
    hand_over(sent);
  };
  order(0, 10'000);
  click(0, 9'000);
  order(1, 20'000);
  CAF_CHECK(out.messages.empty());
  click(1, 14'000); // just within reach of the first
  CAF_CHECK(out.messages.empty());
  click(2, 15'000);
  CAF_CHECK_EQUAL(out.messages.size(), 2u);
  click(3, 30'000);
  CAF_CHECK_EQUAL(reader.waiting(), 4u); // an order, and all clicks but the first: 9 s can be reached no more
  order(2, 40'000);
  CAF_CHECK_EQUAL(reader.waiting(), 2u);
  CAF_CHECK_EQUAL(out.messages.size(), 3u); // the second order met nobody
  CAF_CHECK(out.messages.back().value.find("\"page\":null") != std::string::npos);
}

CAF_TEST(more events than max_state that wait end the partition with what to do) {
  auto definition = orders_with_clicks(false);
  definition.max_state = 5;
  auto plan = compiled(definition);
  auto orders = make_rekeyer(plan, "orders", 0, 1);
  rekeyed_reader reader{plan, 0, {{"orders", 0}, {"clicks", 0}}};
  effects sent;
  effects out;
  for (std::int64_t i = 0; i < 6; ++i)
    CAF_REQUIRE(orders->take(as_message({100'000 + i, "a", 1, {"orders", 0}, i}).raw(), sent).has_value());
  std::optional<error> why;
  std::int64_t offset = 0;
  for (auto& each : sent.messages)
    if (auto taken = reader.take(message{offset++, each.value, each.key, -1}.raw(), out); !taken)
      why = taken.error();
  CAF_REQUIRE(why);
  CAF_CHECK(why->kind == error_kind::exhausted);
  CAF_CHECK(why->message.find("max_state is 5") != std::string::npos);
}

CAF_TEST(a join is told in words and has its place in the hash) {
  auto inner = compiled(orders_with_clicks(false));
  auto left = compiled(orders_with_clicks(true));
  CAF_CHECK(inner->hash() != left->hash());
  CAF_CHECK(inner->explain().find(
                "joined with each event of the topic clicks that has the same user and is at most 4s before or "
                "behind it, and gets its page and depth; without one it goes no further") != std::string::npos);
  CAF_CHECK(left->explain().find("goes on with null") != std::string::npos);
  CAF_CHECK(inner->topics_read() == (std::vector<std::string>{"orders", "clicks"}));
}
