#define CAF_SUITE service.side_messages

#include <caf/test/unit_test.hpp>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "service/side_messages.hpp"
#include "transport/embedded.hpp"
#include "transport/topic_reader.hpp"

using namespace throng;
using namespace throng::service;

namespace {

constexpr std::int16_t produce_request = 0; // its number in Kafka's protocol

struct fixture {
  std::unique_ptr<transport::embedded_cluster> cluster = transport::embedded_cluster::start().value();
  config::settings settings;
  actors::side_message_sink send;

  fixture() {
    settings.topics.partitions = 2;
    settings.topics.prefix = "x.";
    for (const auto* topic : {"x.analytics.alerts", "x.analytics.late"})
      CAF_REQUIRE(cluster->create_topic(topic, 2).has_value());
    send = send_side_messages(settings, cluster.get(), {}).value();
  }

  static analytics::side_message message(std::string value, std::int32_t partition = 0,
                                         std::string topic = "analytics.alerts") {
    return {std::move(topic), "key", std::move(value), timestamp{1'000}, {{"id", "7"}}, partition};
  }

  expected<void> send_one(const analytics::side_message& what) {
    return send({&what, 1});
  }

  std::vector<transport::record> records(const std::string& topic, std::int32_t partition) const {
    auto kafka = settings.kafka;
    kafka.brokers = cluster->bootstrap_servers();
    transport::topic_reader::choice what;
    what.partition = partition;
    auto reader = transport::topic_reader::open(kafka, topic, what);
    CAF_REQUIRE(reader.has_value());
    std::vector<transport::record> found;
    while (!(*reader)->done()) {
      auto next = (*reader)->next(std::chrono::seconds{20});
      CAF_REQUIRE(next.has_value());
      if (*next)
        found.push_back(std::move(**next));
    }
    return found;
  }

  /// The values of a partition of the alerts.
  std::vector<std::string> values(std::int32_t partition) const {
    std::vector<std::string> found;
    for (auto& each : records("x.analytics.alerts", partition))
      found.push_back(each.value.value_or("-"));
    return found;
  }

  void refuse_next(rd_kafka_resp_err_t why) const {
    rd_kafka_mock_push_request_errors(cluster->native(), produce_request, 1, why);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(side_messages_tests, fixture)

CAF_TEST(what a call is given has arrived when it returns) {
  const std::vector<analytics::side_message> both{message("a"), message("b", 1), message("c")};
  CAF_REQUIRE(send(both).has_value());
  CAF_CHECK_EQUAL(values(0), (std::vector<std::string>{"a", "c"}));
  CAF_CHECK_EQUAL(values(1), (std::vector<std::string>{"b"}));
}

CAF_TEST(a message that the brokers refuse for good is an error of its call and of all later ones) {
  CAF_REQUIRE(send_one(message("first")).has_value());
  refuse_next(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const auto refused = send_one(message("refused"));
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::denied);
  CAF_CHECK(!refused.error().retryable); // its producer never sends to that partition again
  CAF_CHECK(refused.error().message.find("topic x.analytics.alerts, partition 0") != std::string::npos);
  const auto later = send_one(message("later", 1, "analytics.late"));
  CAF_REQUIRE(!later);
  CAF_CHECK_EQUAL(later.error().message, refused.error().message);
  CAF_CHECK_EQUAL(values(0), (std::vector<std::string>{"first"}));
}

CAF_TEST(a message that is too large for a broker is an error that names its size and is not tried again) {
  const auto refused = send_one(message(std::string(2'000'000, 'x')));
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::invalid);
  CAF_CHECK(!refused.error().retryable);
  CAF_CHECK(refused.error().message.find("2000003 bytes") != std::string::npos);
}

CAF_TEST(a rejected message that is too long to be passed on whole is its own beginning and says so) {
  std::string whole;
  for (int i = 0; whole.size() < 999'990; ++i)
    whole += std::to_string(i) + ' ';
  whole.resize(999'990); // a producer takes it, but not with the headers of a rejected message
  CAF_REQUIRE(send_one(message(whole, 0, "analytics.late")).has_value());
  CAF_REQUIRE(send_one(message(whole.substr(0, 999'000), 0, "analytics.late")).has_value());
  CAF_REQUIRE(send_one(message(std::string(3'000'000, 'x'), 0, "analytics.late")).has_value());
  const auto found = records("x.analytics.late", 0);
  CAF_REQUIRE_EQUAL(found.size(), 3u);
  CAF_CHECK_EQUAL(found[0].key.value_or(""), "key");
  CAF_CHECK_GREATER(found[0].value->size(), 999'000u);
  CAF_CHECK_LESS(found[0].value->size(), whole.size());
  CAF_CHECK(whole.starts_with(*found[0].value));
  const transport::header_list cut{{"id", "7"}, {std::string{cut_header}, "999990"}};
  CAF_CHECK(found[0].headers == cut);
  CAF_CHECK_EQUAL(*found[1].value, whole.substr(0, 999'000));
  CAF_CHECK_EQUAL(found[1].headers.size(), 1u);
  CAF_CHECK_EQUAL(found[2].headers.back().second, "3000000");
}

CAF_TEST(a longest message of the settings bounds what is passed on) {
  settings.kafka.properties["message.max.bytes"] = "2000";
  auto send_short = send_side_messages(settings, cluster.get(), {}).value();
  const auto late = message(std::string(5'000, 'x'), 0, "analytics.late");
  CAF_REQUIRE(send_short({&late, 1}).has_value());
  const auto found = records("x.analytics.late", 0);
  CAF_REQUIRE_EQUAL(found.size(), 1u);
  CAF_CHECK_LESS(found[0].value->size(), 2'000u);
  CAF_CHECK_GREATER(found[0].value->size(), 1'800u);
}

CAF_TEST(a broker that refuses for a moment is asked again and nobody hears of it) {
  refuse_next(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
  CAF_REQUIRE(send_one(message("a")).has_value());
  CAF_CHECK_EQUAL(values(0), (std::vector<std::string>{"a"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
