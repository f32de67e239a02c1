#define CAF_SUITE transport.embedded

#include "transport/embedded.hpp"

#include <caf/test/unit_test.hpp>

#include <atomic>
#include <mutex>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "delivering.hpp"
#include "polling.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

namespace {

/// One for all tests, each with a topic of its own: librdkafka takes up to a second to stop one.
embedded_cluster& shared_cluster() {
  static const auto cluster = embedded_cluster::start().value();
  return *cluster;
}

std::string fresh_topic() {
  static int count = 0;
  return fmt::format("topic-{}", ++count);
}

struct fixture {
  embedded_cluster* cluster = &shared_cluster();
  const std::string t = fresh_topic();
  std::atomic<std::size_t> delivered{0};
  std::atomic<std::size_t> failed{0};
  std::mutex mutex;
  std::vector<error> reasons;

  std::unique_ptr<producer> make_producer(std::size_t queue_bytes = default_partition_queue_bytes) {
    return producer::make({}, cluster,
                          {[this](const topic_partition&, std::size_t messages, std::size_t) { delivered += messages; },
                           [this](const topic_partition&, const error& why) {
                             const std::lock_guard lock{mutex};
                             reasons.push_back(why);
                             ++failed;
                           }},
                          queue_bytes)
        .value();
  }

  std::unique_ptr<consumer> make_consumer(std::vector<std::string> topics) {
    return make_embedded_consumer(*cluster, {"readers", std::move(topics)}).value();
  }

  /// Produces messages first to first + count and waits for their delivery.
  void fill(producer& into, const topic_partition& to, std::size_t first, std::size_t count, std::size_t size = 0) {
    auto block = std::make_shared<numbered>(first, count, size);
    CAF_REQUIRE(deliver(into, to, block->messages, block));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(embedded_tests, fixture)

CAF_TEST(what is produced is read with its key and value and time in the order of the offsets) {
  CAF_REQUIRE(cluster->create_topic(t, 3).has_value());
  auto out = make_producer();
  constexpr std::size_t count = 20'000;
  for (std::int32_t p = 0; p < 3; ++p)
    fill(*out, {t, p}, 0, count, 40);
  CAF_CHECK_EQUAL(delivered, 3 * count);
  CAF_CHECK_EQUAL(failed, 0u);
  CAF_CHECK_EQUAL(out->progress({t, 2}).last_offset, static_cast<std::int64_t>(count - 1));
  CAF_CHECK_EQUAL(out->progress({t, 2}).bytes_in_flight, 0u);

  auto in = make_consumer({t});
  heard news;
  news.take(in->poll(milliseconds{0}));
  CAF_REQUIRE_EQUAL(news.assignments.size(), 1u);
  CAF_REQUIRE_EQUAL(news.assignments[0].partitions.size(), 3u);
  for (const auto& which : news.assignments[0].partitions)
    CAF_REQUIRE(in->start(which, {}).has_value());
  CAF_REQUIRE(until([&] { return news.ends.size() == 3; }, [&] { news.take(in->poll(milliseconds{100})); }));
  for (std::int32_t p = 0; p < 3; ++p) {
    const auto messages = news.messages({t, p});
    CAF_REQUIRE_EQUAL(messages.size(), count);
    const numbered wanted{0, count, 40};
    bool same = true;
    for (std::size_t i = 0; i < count; ++i)
      same = same && messages[i].offset == static_cast<std::int64_t>(i) && messages[i].key == wanted.keys[i] &&
             messages[i].value == wanted.values[i] && messages[i].timestamp_ms == wanted.messages[i].timestamp_ms;
    CAF_CHECK(same);
    CAF_CHECK_EQUAL((news.ends[{t, p}]), static_cast<std::int64_t>(count));
  }
  for (const auto& [which, batches] : news.batches)
    for (const auto& batch : batches) {
      CAF_CHECK(batch->bytes <= 1U << 20U);
      CAF_CHECK(batch->messages.size() <= 4096);
    }
  CAF_CHECK(news.failures.empty());
}

CAF_TEST(an empty key and a null key and a tombstone stay what they are) {
  CAF_REQUIRE(cluster->create_topic(t, 1).has_value());
  auto out = make_producer();
  const header_list headers{{"reason", "late"}, {"empty", ""}};
  const std::vector<outgoing> messages{{"", "value", 5, nullptr}, {{}, "value", 5, &headers}, {"key", {}, 5, nullptr}};
  CAF_REQUIRE_EQUAL(out->produce({t, 0}, messages, nullptr), 1u);
  CAF_REQUIRE(out->flush(milliseconds{20'000}).has_value());
  CAF_REQUIRE_EQUAL(out->produce({t, 0}, std::span{messages}.subspan(1), nullptr), 2u);
  CAF_REQUIRE(out->flush(milliseconds{20'000}).has_value());
  auto in = make_consumer({t});
  heard news;
  CAF_REQUIRE(in->start({t, 0}, {start_offset::where::at, 0}).has_value());
  CAF_REQUIRE(until([&] { return news.total == 3; }, [&] { news.take(in->poll(milliseconds{100})); }));
  const auto got = news.messages({t, 0});
  CAF_CHECK(got[0].key == "");
  CAF_CHECK(!got[1].key);
  CAF_CHECK(got[1].value == "value");
  CAF_CHECK(got[2].key == "key");
  CAF_CHECK(!got[2].value);
}

CAF_TEST(a partition begins where it is told to and again where it is told anew) {
  CAF_REQUIRE(cluster->create_topic(t, 2).has_value());
  auto out = make_producer();
  fill(*out, {t, 0}, 0, 1000);
  auto in = make_consumer({t});
  const auto first_after = [&](start_offset from) {
    CAF_REQUIRE(in->start({t, 0}, from).has_value());
    heard news;
    CAF_REQUIRE(until([&] { return news.ends.size() == 1; }, [&] { news.take(in->poll(milliseconds{100})); }));
    return std::pair{news.total, news.total > 0 ? news.messages({t, 0}).front().offset : news.ends[{t, 0}]};
  };
  CAF_CHECK((first_after({start_offset::where::at, 700}) == std::pair<std::size_t, std::int64_t>{300, 700}));
  CAF_CHECK((first_after({start_offset::where::at, 10}) == std::pair<std::size_t, std::int64_t>{990, 10}));
  CAF_CHECK((first_after({start_offset::where::latest, 0}) == std::pair<std::size_t, std::int64_t>{0, 1000}));
  CAF_CHECK((first_after({start_offset::where::earliest, 0}) == std::pair<std::size_t, std::int64_t>{1000, 0}));
  CAF_CHECK((in->bounds({t, 0}).value() == std::pair<std::int64_t, std::int64_t>{0, 1000}));
  CAF_CHECK((in->bounds({t, 1}).value() == std::pair<std::int64_t, std::int64_t>{0, 0}));
  CAF_CHECK(in->start({t, 2}, {}).error().kind == error_kind::not_found);
  CAF_CHECK(in->start({"other", 0}, {}).error().kind == error_kind::not_found);
}

CAF_TEST(a paused partition is silent while the others go on and misses nothing) {
  CAF_REQUIRE(cluster->create_topic(t, 2).has_value());
  auto out = make_producer();
  auto in = make_consumer({t});
  heard news;
  for (std::int32_t p = 0; p < 2; ++p)
    CAF_REQUIRE(in->start({t, p}, {start_offset::where::at, 0}).has_value());
  in->pause({t, 0});
  fill(*out, {t, 0}, 0, 500);
  fill(*out, {t, 1}, 0, 500);
  const auto read = [&] { news.take(in->poll(milliseconds{100})); };
  CAF_REQUIRE(until([&] { return news.counts[{t, 1}] == 500; }, read));
  fill(*out, {t, 0}, 500, 500);
  fill(*out, {t, 1}, 500, 500);
  CAF_REQUIRE(until([&] { return news.counts[{t, 1}] == 1000; }, read));
  CAF_CHECK_EQUAL((news.counts[{t, 0}]), 0u);
  in->resume({t, 0});
  CAF_REQUIRE(until([&] { return news.counts[{t, 0}] == 1000; }, read));
  const auto got = news.messages({t, 0});
  for (std::size_t i = 0; i < got.size(); ++i)
    CAF_REQUIRE_EQUAL(got[i].offset, static_cast<std::int64_t>(i));
}

CAF_TEST(messages that the cluster dropped end the partition with an error) {
  CAF_REQUIRE(cluster->create_topic(t, 2).has_value());
  config::kafka_settings plain;
  plain.properties["compression.type"] = "none"; // so that 8 MiB are 8 MiB
  auto out = producer::make(plain, cluster, {}).value();
  fill(*out, {t, 0}, 0, 8'000, 1'024);
  fill(*out, {t, 1}, 0, 10);
  auto in = make_consumer({t});
  heard news;
  for (std::int32_t p = 0; p < 2; ++p)
    CAF_REQUIRE(in->start({t, p}, {start_offset::where::at, 0}).has_value());
  CAF_REQUIRE(until(
      [&] {
        return news.failures.size() == 1 && news.ends.contains({t, 1});
      },
      [&] { news.take(in->poll(milliseconds{100})); }));
  CAF_CHECK((news.failures[0].which == topic_partition{t, 0}));
  CAF_CHECK(news.failures[0].why.message.find("the embedded cluster dropped messages 0 to ") != std::string::npos);
  CAF_CHECK_EQUAL((news.counts[{t, 0}]), 0u);
  CAF_CHECK_EQUAL((news.counts[{t, 1}]), 10u);
}

CAF_TEST(one message can be read while the partition is read elsewhere) {
  CAF_REQUIRE(cluster->create_topic(t, 1).has_value());
  auto out = make_producer();
  fill(*out, {t, 0}, 0, 100);
  auto in = make_consumer({t});
  CAF_REQUIRE(in->start({t, 0}, {start_offset::where::at, 90}).has_value());
  for (const std::int64_t offset : {0, 57, 99}) {
    const auto got = in->read_one({t, 0}, offset);
    CAF_REQUIRE(got.has_value());
    CAF_REQUIRE(got->has_value());
    CAF_REQUIRE_EQUAL((**got)->messages.size(), 1u);
    CAF_CHECK_EQUAL((**got)->messages[0].offset, offset);
    CAF_CHECK((**got)->messages[0].value == std::to_string(offset) + " ");
  }
  CAF_CHECK(!in->read_one({t, 0}, 100).value());
  heard news;
  CAF_REQUIRE(until([&] { return news.total == 10; }, [&] { news.take(in->poll(milliseconds{100})); }));
  const auto rest = news.messages({t, 0});
  CAF_CHECK_EQUAL(rest.front().offset, 90);
}

CAF_TEST(the first message to a partition goes alone until the broker has taken it) {
  CAF_REQUIRE(cluster->create_topic(t, 2).has_value());
  auto out = make_producer();
  rd_kafka_mock_push_request_errors(cluster->native(), 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
  auto block = std::make_shared<numbered>(0, 100);
  CAF_CHECK_EQUAL(out->produce({t, 0}, block->messages, block), 1u);
  CAF_CHECK_EQUAL(out->produce({t, 0}, std::span{block->messages}.subspan(1), block), 0u);
  CAF_REQUIRE(until([&] { return delivered == 1; }, [&] { (void)out->flush(milliseconds{100}); }));
  CAF_CHECK_EQUAL(out->produce({t, 0}, std::span{block->messages}.subspan(1), block), 99u);
  CAF_CHECK_EQUAL(out->produce({t, 1}, block->messages, block), 1u); // another partition's leader knows nothing yet
  CAF_REQUIRE(out->flush(milliseconds{20'000}).has_value());
  CAF_CHECK_EQUAL(out->progress({t, 0}).last_offset, 99);
  CAF_CHECK_EQUAL(delivered, 101u);
}

CAF_TEST(a full queue takes what fits and tells when there is room) {
  CAF_REQUIRE(cluster->create_topic(t, 1).has_value());
  auto out = make_producer(1'000);
  fill(*out, {t, 0}, 0, 1);
  auto block = std::make_shared<numbered>(0, 100, 98); // 100 bytes each with its key
  const auto taken = out->produce({t, 0}, block->messages, block);
  CAF_CHECK_EQUAL(taken, 10u);
  CAF_REQUIRE(until([&] { return delivered == 11; }, [&] { (void)out->flush(milliseconds{100}); }));
  CAF_CHECK_EQUAL(out->produce({t, 0}, std::span{block->messages}.subspan(taken), block), 10u);
  auto big = std::make_shared<numbered>(0, 2, 5'000);
  CAF_REQUIRE(out->flush(milliseconds{20'000}).has_value());
  CAF_CHECK_EQUAL(out->produce({t, 0}, big->messages, big), 1u); // larger than the queue, but alone
  CAF_REQUIRE(out->flush(milliseconds{20'000}).has_value());
  CAF_CHECK_EQUAL(delivered, 22u);
}

CAF_TEST(the payloads are let go once they are delivered) {
  CAF_REQUIRE(cluster->create_topic(t, 1).has_value());
  auto out = make_producer(1'000);
  fill(*out, {t, 0}, 0, 1);
  auto block = std::make_shared<numbered>(0, 100, 98);
  const std::weak_ptr<numbered> watched = block;
  CAF_REQUIRE_EQUAL(out->produce({t, 0}, block->messages, block), 10u);
  CAF_REQUIRE_EQUAL(out->produce({t, 0}, block->messages, block), 0u);
  block.reset();
  CAF_CHECK(!watched.expired());
  CAF_REQUIRE(out->flush(milliseconds{20'000}).has_value());
  CAF_CHECK(watched.expired());
}

CAF_TEST(after a message that could not be delivered nothing later of the partition arrives) {
  CAF_REQUIRE(cluster->create_topic(t, 1).has_value());
  auto out = make_producer();
  fill(*out, {t, 0}, 0, 10);
  rd_kafka_mock_push_request_errors(cluster->native(), 0 /* Produce */, 1,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  auto block = std::make_shared<numbered>(10, 100'000, 20);
  CAF_CHECK(out->produce({t, 0}, block->messages, block) > 0);
  CAF_REQUIRE(out->flush(milliseconds{20'000}).has_value());
  CAF_CHECK_EQUAL(failed, 1u);
  {
    const std::lock_guard lock{mutex};
    CAF_REQUIRE_EQUAL(reasons.size(), 1u);
    CAF_CHECK(reasons[0].message.find("topic " + t + ", partition 0") != std::string::npos);
    CAF_CHECK(reasons[0].kind == error_kind::denied);
  }
  const auto settled = out->settle(milliseconds{20'000}); // tells what flush() leaves out
  CAF_REQUIRE(!settled);
  CAF_CHECK(settled.error().kind == error_kind::denied);
  CAF_CHECK(!settled.error().retryable);
  CAF_CHECK(out->progress({t, 0}).failed);
  CAF_CHECK_EQUAL(out->produce({t, 0}, block->messages, block), 0u);

  auto in = make_consumer({t});
  heard news;
  CAF_REQUIRE(in->start({t, 0}, {start_offset::where::at, 0}).has_value());
  CAF_REQUIRE(until([&] { return !news.ends.empty(); }, [&] { news.take(in->poll(milliseconds{100})); }));
  const auto got = news.messages({t, 0});
  CAF_CHECK_EQUAL(got.size(), delivered);
  for (std::size_t i = 0; i < got.size(); ++i)
    CAF_REQUIRE(got[i].value->starts_with(std::to_string(i) + " "));
}

CAF_TEST(a message that is too large fails its partition and no other) {
  CAF_REQUIRE(cluster->create_topic(t, 2).has_value());
  auto out = make_producer();
  auto block = std::make_shared<numbered>(0, 1, 2'000'000);
  CAF_CHECK_EQUAL(out->produce({t, 0}, block->messages, block), 0u);
  CAF_REQUIRE(until([&] { return failed == 1; }, [&] { (void)out->flush(milliseconds{10}); }));
  CAF_CHECK(reasons[0].kind == error_kind::invalid);
  CAF_CHECK(reasons[0].message.find("2000002 bytes") != std::string::npos);
  fill(*out, {t, 1}, 0, 10);
  CAF_CHECK_EQUAL(delivered, 10u);
  CAF_CHECK(out->settle(milliseconds{20'000}).error().kind == error_kind::invalid);
}

CAF_TEST(a broker that is not there leaves the messages on their way and says which it is) {
  config::kafka_settings dead;
  dead.brokers = "127.0.0.1:1";
  dead.properties["sasl.password"] = "very-secret";
  auto out = producer::make(dead, nullptr, {}).value();
  auto block = std::make_shared<numbered>(0, 3);
  CAF_CHECK_EQUAL(out->produce({t, 0}, block->messages, block), 1u);
  const auto flushed = out->flush(milliseconds{300});
  CAF_REQUIRE(!flushed);
  CAF_CHECK(flushed.error().kind == error_kind::timed_out);
  CAF_CHECK(flushed.error().message.starts_with("1 messages are still on their way to 127.0.0.1:1"));
}

CAF_TEST(a property that librdkafka does not take is named without its value) {
  config::kafka_settings bad;
  bad.properties["ssl.key.pasword"] = "very-secret";
  auto unknown = producer::make(bad, cluster, {});
  CAF_REQUIRE(!unknown);
  CAF_CHECK(unknown.error().kind == error_kind::invalid);
  CAF_CHECK(unknown.error().message.find("ssl.key.pasword") != std::string::npos);
  CAF_CHECK(unknown.error().message.find("very-secret") == std::string::npos);
  bad.properties = {{"linger.ms", "very-secret"}};
  auto refused = producer::make(bad, cluster, {});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().message.find("linger.ms") != std::string::npos);
  CAF_CHECK(refused.error().message.find("very-secret") == std::string::npos);
}

CAF_TEST(clusters have names of their own and topics exist once) {
  const auto other = embedded_cluster::start().value();
  CAF_CHECK_NOT_EQUAL(cluster->id(), other->id());
  CAF_CHECK(cluster->create_topic(t, 1).has_value());
  CAF_CHECK(cluster->create_topic(t, 1).error().kind == error_kind::conflict);
  CAF_CHECK(cluster->create_topic("u", 0).error().kind == error_kind::invalid);
  CAF_CHECK_EQUAL(cluster->partitions(t), 1);
  CAF_CHECK_EQUAL(other->partitions(t), 0);
  CAF_CHECK(make_embedded_consumer(*other, {"g", {t}}).error().kind == error_kind::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
