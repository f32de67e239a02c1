#define CAF_SUITE transport.absent_topic

#include <caf/test/unit_test.hpp>

#include <mutex>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "delivering.hpp"
#include "polling.hpp"
#include "transport/embedded.hpp"
#include "transport/kafka_reader.hpp"
#include "transport/producer.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

namespace {

constexpr std::int16_t produce_request = 0; // its number in Kafka's protocol

struct fixture {
  std::unique_ptr<embedded_cluster> cluster = embedded_cluster::start().value();
  const std::string t = "readings";
  const topic_partition p{t, 0};
  std::mutex mutex;
  std::vector<error> failures;
  const header_list headers{{"id", "7"}};

  fixture() {
    CAF_REQUIRE(cluster->create_topic(t, 2).has_value());
  }

  std::unique_ptr<producer> make_producer(milliseconds absence) {
    return producer::make({}, cluster.get(),
                          {{},
                           [this](const topic_partition&, const error& why) {
                             const std::lock_guard lock{mutex};
                             failures.push_back(why);
                           }},
                          default_partition_queue_bytes, absence)
        .value();
  }
  std::unique_ptr<kafka_reader> make_reader(milliseconds absence) {
    return kafka_reader::make({}, {.brokers = cluster->bootstrap_servers(),
                                   .defaults = {{"group.id", "readers"}, {"fetch.wait.max.ms", "5"}},
                                   .absence = absence})
        .value();
  }
  std::size_t failed() {
    const std::lock_guard lock{mutex};
    return failures.size();
  }

  /// As a broker that has just started may answer. It leads nothing either, so that a producer asks for the topic anew.
  void deny_the_topic(bool denied) const {
    rd_kafka_mock_topic_set_error(cluster->native(), t.c_str(),
                                  denied ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : RD_KAFKA_RESP_ERR_NO_ERROR);
    if (denied) {
      const std::vector<rd_kafka_resp_err_t> refusals(1'000, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
      rd_kafka_mock_push_request_errors_array(cluster->native(), produce_request, refusals.size(), refusals.data());
    } else {
      rd_kafka_mock_clear_request_errors(cluster->native(), produce_request);
    }
  }

  /// Hands over messages one by one from the number `next` on, until one is not taken; returns its number.
  std::size_t fill_up(producer& into, std::size_t next) {
    until([&] { return !take_one(into, next); },
          [&] {
            ++next;
            CAF_CHECK(!into.flush(milliseconds{1})); // lets time pass, too
          });
    return next;
  }
  bool take_one(producer& into, std::size_t number) {
    auto one = std::make_shared<numbered>(number, 1);
    one->messages.front().headers = &headers;
    return into.produce(p, one->messages, one) == 1;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(absent_topic_tests, fixture)

CAF_TEST(what was handed over while a broker denied the topic is delivered later and in its order) {
  auto out = make_producer(absence_limit);
  auto first = std::make_shared<numbered>(0, 10);
  CAF_REQUIRE(deliver(*out, p, first->messages, first));
  deny_the_topic(true);
  const auto count = fill_up(*out, 10);
  CAF_CHECK(count > 10);
  CAF_CHECK(!out->flush(milliseconds{1}));
  CAF_CHECK_EQUAL(failed(), 0u);
  deny_the_topic(false);
  CAF_CHECK(out->flush(std::chrono::seconds{20}).has_value());
  CAF_CHECK_EQUAL(out->progress(p).delivered, count);
  CAF_CHECK_EQUAL(out->progress(p).bytes_in_flight, 0u);
  CAF_CHECK(take_one(*out, count));
  CAF_CHECK(out->flush(std::chrono::seconds{20}).has_value());
  CAF_CHECK_EQUAL(failed(), 0u);

  auto in = make_reader(absence_limit);
  CAF_REQUIRE(in->open(p, {}).has_value());
  heard news;
  std::vector<consumer_event> none;
  until([&] { return news.total > count; }, [&] { news.take(in->poll(none, milliseconds{50})); });
  CAF_REQUIRE_EQUAL(news.total, count + 1);
  const auto got = news.messages(p);
  CAF_REQUIRE_EQUAL(got.size(), count + 1);
  const numbered wanted{0, count + 1};
  for (std::size_t i = 0; i <= count; ++i)
    if (got[i].value.value() != wanted.values[i] || got[i].key.value() != wanted.keys[i] ||
        got[i].timestamp_ms != wanted.messages[i].timestamp_ms)
      CAF_FAIL("message " << i << " is " << got[i].value.value() << " at " << got[i].timestamp_ms);
}

CAF_TEST(a topic that stays away fails its partitions and what waits is let go) {
  auto out = make_producer(milliseconds{0});
  auto first = std::make_shared<numbered>(0, 10);
  CAF_REQUIRE(deliver(*out, p, first->messages, first));
  deny_the_topic(true);
  auto more = std::make_shared<numbered>(10, 10);
  const std::weak_ptr<numbered> kept = more;
  out->produce(p, more->messages, more);
  more.reset();
  CAF_CHECK(out->flush(std::chrono::seconds{20}).has_value()); // nothing is under way any more
  CAF_REQUIRE_EQUAL(failed(), 1u);
  CAF_CHECK(failures.front().kind == error_kind::not_found);
  CAF_CHECK(failures.front().message.find("topic readings, partition 0 at 127.0.0.1:") == 0);
  CAF_CHECK(out->progress(p).failed);
  CAF_CHECK(kept.expired());
  CAF_CHECK(!take_one(*out, 20));
}

CAF_TEST(a partition whose topic a broker denies for a while is read on where it was) {
  auto out = make_producer(absence_limit);
  auto first = std::make_shared<numbered>(0, 10);
  CAF_REQUIRE(deliver(*out, p, first->messages, first));
  auto in = make_reader(absence_limit);
  CAF_REQUIRE(in->open(p, {}).has_value());
  heard news;
  std::vector<consumer_event> none;
  CAF_REQUIRE(until([&] { return news.total == 10; }, [&] { news.take(in->poll(none, milliseconds{50})); }));
  CAF_CHECK_EQUAL(in->known_end(p), 10);
  deny_the_topic(true);
  CAF_CHECK(!in->partitions(t));
  news.take(in->poll(none, milliseconds{50}));
  deny_the_topic(false);
  auto more = std::make_shared<numbered>(10, 10);
  CAF_REQUIRE(deliver(*out, p, more->messages, more));
  CAF_REQUIRE(until([&] { return news.total == 20; }, [&] { news.take(in->poll(none, milliseconds{50})); }));
  CAF_CHECK(news.failures.empty());
  CAF_CHECK(news.fatal.empty());
  const auto got = news.messages(p);
  for (std::size_t i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(got[i].offset, static_cast<std::int64_t>(i));
}

CAF_TEST(a partition whose topic stays away ends with a sentence) {
  auto out = make_producer(absence_limit);
  auto first = std::make_shared<numbered>(0, 10);
  CAF_REQUIRE(deliver(*out, p, first->messages, first));
  auto in = make_reader(milliseconds{0});
  CAF_REQUIRE(in->open(p, {}).has_value());
  heard news;
  std::vector<consumer_event> none;
  CAF_REQUIRE(until([&] { return news.total == 10; }, [&] { news.take(in->poll(none, milliseconds{50})); }));
  deny_the_topic(true);
  CAF_CHECK(!in->partitions(t)); // librdkafka takes note of it
  CAF_REQUIRE(until([&] { return !news.failures.empty(); }, [&] { news.take(in->poll(none, milliseconds{50})); }));
  CAF_CHECK(news.failures.front().which == p);
  CAF_CHECK(news.failures.front().why.kind == error_kind::not_found);
  CAF_CHECK(news.failures.front().why.message.find("topic readings, partition 0: ") == 0);
  CAF_CHECK(news.fatal.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
