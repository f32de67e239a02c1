// Needs a broker: THRONG_TEST_KAFKA=HOST:PORT (deploy/servers/kafka.sh up prints one).
#define CAF_SUITE transport.group_consumer.kafka

#include <caf/test/unit_test.hpp>

#include <cstdlib>
#include <random>
#include <set>

#include "delivering.hpp"
#include "polling.hpp"
#include "transport/consumer.hpp"
#include "transport/topics.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

namespace {

/// Names of this run, so that a broker may be used again and again.
std::string unique_name() {
  static const auto run = std::random_device{}();
  static int count = 0;
  return fmt::format("throng-test-{:08x}-{}", run, ++count);
}

struct fixture {
  config::kafka_settings kafka;
  const std::string t = unique_name();
  const std::string group = unique_name();

  fixture() {
    const auto* brokers = std::getenv("THRONG_TEST_KAFKA");
    if (brokers == nullptr)
      CAF_FAIL("THRONG_TEST_KAFKA is not set: start a broker by deploy/servers/kafka.sh up and set it to the address "
               "it prints");
    kafka.brokers = brokers;
    kafka.properties["heartbeat.interval.ms"] = "300"; // how soon a member hears of a rebalance
  }

  void create(std::int32_t partitions) {
    config::topic_settings like;
    like.partitions = partitions;
    const auto made = create_missing(kafka, like, {t});
    if (!made)
      CAF_FAIL(made.error().message);
    CAF_REQUIRE_EQUAL(made->size(), 1u);
  }

  /// Messages first to first + count into every partition.
  void fill(std::int32_t partitions, std::size_t first, std::size_t count) {
    auto out = producer::make(kafka, nullptr, {}).value();
    for (std::int32_t p = 0; p < partitions; ++p) {
      auto block = std::make_shared<numbered>(first, count, 50);
      CAF_REQUIRE(deliver(*out, {t, p}, block->messages, block));
    }
  }
};

/// A member and what it does as the actors would: start what is assigned where `next` says, remember, give up when revoked.
struct member {
  std::unique_ptr<consumer> handle;
  std::map<topic_partition, std::int64_t>& next; ///< shared by the members: the checkpoints
  heard news;
  std::set<topic_partition> owned;

  member(const config::kafka_settings& kafka, const std::string& group, const std::string& topic,
         std::map<topic_partition, std::int64_t>& checkpoints)
      : handle{make_group_consumer(kafka, {group, {topic}}).value()}
      , next{checkpoints} {}

  void step() {
    for (auto& event : handle->poll(milliseconds{20})) {
      if (const auto* given = std::get_if<assigned>(&event)) {
        for (const auto& which : given->partitions) {
          CAF_REQUIRE(handle->start(which, {start_offset::where::at, next[which]}).has_value());
          owned.insert(which);
        }
      } else if (const auto* taken = std::get_if<revoked>(&event)) {
        for (const auto& which : taken->partitions)
          owned.erase(which);
        if (!taken->lost)
          handle->revoked_done(taken->partitions);
      } else if (const auto* batch = std::get_if<batch_ptr>(&event)) {
        // Whoever reads does so from exactly where the one before stopped.
        CAF_REQUIRE(owned.contains((*batch)->from));
        for (const auto& message : (*batch)->messages)
          CAF_REQUIRE_EQUAL(message.offset, next[(*batch)->from]++);
        handle->commit((*batch)->from, next[(*batch)->from]);
      }
      std::vector<consumer_event> one;
      one.push_back(std::move(event));
      news.take(std::move(one));
    }
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(group_consumer_tests, fixture)

CAF_TEST(a member that leaves while it is joining ends nobody) {
  create(2);
  for (int wait = 0; wait < 20; ++wait) {
    auto handle = make_group_consumer(kafka, {unique_name(), {t}}).value();
    const auto deadline = std::chrono::steady_clock::now() + milliseconds{wait * 8};
    // Joins meanwhile, and is told nothing: that would be for poll() to hear.
    while (std::chrono::steady_clock::now() < deadline)
      handle->bounds({t, 0}).value();
  }
}

CAF_TEST(members of a group share the partitions and hand them over without loss or repetition) {
  constexpr std::int32_t partitions = 4;
  constexpr std::size_t count = 5'000;
  create(partitions);
  fill(partitions, 0, count);
  std::map<topic_partition, std::int64_t> checkpoints;
  const auto sum = [&] {
    std::int64_t all = 0;
    for (const auto& [which, next] : checkpoints)
      all += next;
    return all;
  };
  member first{kafka, group, t, checkpoints};
  CAF_REQUIRE(until([&] { return first.owned.size() == 4 && sum() == 4 * count; }, [&] { first.step(); }));
  {
    member second{kafka, group, t, checkpoints};
    CAF_REQUIRE(until([&] { return first.owned.size() == 2 && second.owned.size() == 2; },
                      [&] {
                        first.step();
                        second.step();
                      }));
    fill(partitions, count, count);
    CAF_REQUIRE(until([&] { return sum() == 8 * count; },
                      [&] {
                        first.step();
                        second.step();
                      }));
    CAF_CHECK_EQUAL(first.news.revocations.size(), 1u);
    CAF_CHECK_EQUAL(second.news.total, 2 * count);
  }
  // The second has left: all goes back to the first.
  fill(partitions, 2 * count, count);
  CAF_REQUIRE(until([&] { return first.owned.size() == 4 && sum() == 12 * count; }, [&] { first.step(); }));
  CAF_CHECK(first.news.fatal.empty());
  CAF_CHECK(first.news.failures.empty());
}

CAF_TEST(nothing is read before start and the revoked wait for revoked_done) {
  create(2);
  fill(2, 0, 100);
  auto first = make_group_consumer(kafka, {group, {t}}).value();
  heard news;
  CAF_REQUIRE(until([&] { return !news.assignments.empty(); }, [&] { news.take(first->poll(milliseconds{20})); }));
  CAF_CHECK_EQUAL(news.assignments[0].partitions.size(), 2u);
  for (int i = 0; i < 20; ++i)
    news.take(first->poll(milliseconds{10}));
  CAF_CHECK_EQUAL(news.total, 0u);
  for (const auto& which : news.assignments[0].partitions)
    CAF_REQUIRE(first->start(which, {}).has_value());
  CAF_REQUIRE(until([&] { return news.total == 200; }, [&] { news.take(first->poll(milliseconds{20})); }));

  std::map<topic_partition, std::int64_t> checkpoints;
  member second{kafka, group, t, checkpoints};
  CAF_REQUIRE(until([&] { return !news.revocations.empty(); },
                    [&] {
                      news.take(first->poll(milliseconds{20}));
                      second.step();
                    }));
  for (int i = 0; i < 20; ++i) {
    news.take(first->poll(milliseconds{10}));
    second.step();
  }
  CAF_CHECK(second.owned.empty()); // not before the first says so
  const auto given_up = news.revocations[0].partitions;
  CAF_CHECK_EQUAL(given_up.size(), 1u);
  CAF_CHECK(first->start(given_up[0], {}).error().kind == error_kind::fenced);
  first->revoked_done(given_up);
  CAF_REQUIRE(until([&] { return second.owned.contains(given_up[0]) && second.news.total == 100; },
                    [&] {
                      news.take(first->poll(milliseconds{20}));
                      second.step();
                    }));
}

CAF_TEST(an offset that is gone or not yet there fails its partition and no other) {
  create(2);
  fill(2, 0, 100);
  auto in = make_group_consumer(kafka, {group, {t}}).value();
  heard news;
  CAF_REQUIRE(until([&] { return !news.assignments.empty(); }, [&] { news.take(in->poll(milliseconds{20})); }));
  CAF_REQUIRE(in->start({t, 0}, {start_offset::where::at, 5'000}).has_value());
  CAF_REQUIRE(in->start({t, 1}, {start_offset::where::at, 40}).has_value());
  CAF_REQUIRE(until([&] { return news.total == 60 && news.failures.size() == 1; },
                    [&] { news.take(in->poll(milliseconds{20})); }));
  CAF_CHECK((news.failures[0].which == topic_partition{t, 0}));
  CAF_CHECK(news.failures[0].why.kind == error_kind::not_found);
  CAF_CHECK(news.failures[0].why.message.find("offset 5000") != std::string::npos);
  CAF_CHECK(news.failures[0].why.message.find("0 to 99") != std::string::npos);
  CAF_REQUIRE(in->start({t, 0}, {start_offset::where::at, 90}).has_value()); // and can be begun anew
  CAF_REQUIRE(until([&] { return news.total == 70; }, [&] { news.take(in->poll(milliseconds{20})); }));
  const auto one = in->read_one({t, 1}, 99).value();
  CAF_REQUIRE(one.has_value());
  CAF_CHECK((*one)->messages[0].offset == 99);
  CAF_CHECK(!in->read_one({t, 1}, 100).value().has_value());
  CAF_CHECK((in->bounds({t, 1}).value() == std::pair<std::int64_t, std::int64_t>{0, 100}));
  CAF_CHECK(in->partitions(t) == 2);
  CAF_CHECK(in->source_identity(t).starts_with("kafka:"));
  CAF_CHECK(in->source_identity(t).ends_with("/" + t));
}

CAF_TEST(topics are made once and listed with their bounds) {
  config::topic_settings like;
  like.partitions = 3;
  like.retention_bytes = 1'000'000'000;
  const auto other = unique_name();
  CAF_CHECK((create_missing(kafka, like, {t}).value() == std::vector{t}));
  CAF_CHECK((create_missing(kafka, like, {t, other}).value() == std::vector{other}));
  CAF_CHECK(create_missing(kafka, like, {t, other}).value().empty());
  fill(1, 0, 10);
  const auto listed = list_topics(kafka, true).value();
  const auto found = std::find_if(listed.begin(), listed.end(), [&](const auto& topic) { return topic.name == t; });
  CAF_REQUIRE(found != listed.end());
  CAF_CHECK_EQUAL(found->partitions, 3);
  CAF_CHECK_EQUAL(found->replication, 1);
  CAF_CHECK((found->bounds == std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 10}, {0, 0}, {0, 0}}));
  like.partitions = 4;
  const auto conflict = create_missing(kafka, like, {t});
  CAF_REQUIRE(!conflict);
  CAF_CHECK(conflict.error().kind == error_kind::conflict);
  CAF_CHECK(conflict.error().message.find("3 partitions") != std::string::npos);
  const auto bad = create_missing(kafka, like, {"no such/name"});
  CAF_REQUIRE(!bad);
  CAF_CHECK(bad.error().kind == error_kind::invalid);
  CAF_CHECK(bad.error().message.find("no such/name") != std::string::npos);
}

CAF_TEST(a topic that is not there is an error of the one who wants to read it) {
  const auto refused = make_group_consumer(kafka, {group, {t}});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::not_found);
  CAF_CHECK(refused.error().message.find(t) != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
