#define CAF_SUITE transport.kafka_error

#include <caf/test/unit_test.hpp>

#include "transport/kafka_error.hpp"

using namespace throng;
using namespace throng::transport;

CAF_TEST(what librdkafka says of a connection is told apart by what mends it) {
  // As librdkafka 2.0.2 with OpenSSL 3 said it of a Kafka 3.9 broker.
  const std::string unverified =
      "ssl://b:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker "
      "certificate could not be verified, verify that ssl.ca.location is correctly configured";
  const auto has = [](std::string_view advice, std::string_view part) {
    return advice.find(part) != std::string_view::npos;
  };
  CAF_CHECK(has(advice_on_connection(unverified, 20), "ssl.ca.location"));
  CAF_CHECK(has(advice_on_connection(unverified, 10), "has expired"));
  CAF_CHECK(has(advice_on_connection(unverified, 62), "another host"));
  CAF_CHECK(
      has(advice_on_connection(
              "SASL authentication error: Authentication failed during authentication due to invalid credentials with "
              "SASL mechanism SCRAM-SHA-512",
              0),
          "sasl.password"));
  CAF_CHECK(
      has(advice_on_connection("SASL authentication error: Authentication failed: Invalid username or password", 0),
          "sasl.password"));
  CAF_CHECK(has(advice_on_connection(
                    "Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert number 42", 0),
                "ssl.certificate.location"));
  CAF_CHECK(has(
      advice_on_connection("Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol "
                           "configuration (connecting to a SSL listener?)",
                           0),
      "SASL_SSL"));
  CAF_CHECK(advice_on_connection("Connect to ipv4#127.0.0.1:1 failed: Connection refused", 0).empty());
}

CAF_TEST(a refusal names the right that is missing and no other error does) {
  const auto refused = make_error(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "topic \"t\"");
  CAF_CHECK(refused.kind == error_kind::denied);
  CAF_CHECK(!refused.retryable);
  CAF_CHECK(refused.message.find("topic \"t\": ") == 0);
  CAF_CHECK(refused.message.find("; this user lacks an ACL on the topic: Read") != std::string::npos);
  CAF_CHECK(make_error(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "g").message.find("on the group: Read") !=
            std::string::npos);
  CAF_CHECK(make_error(RD_KAFKA_RESP_ERR__TRANSPORT, "b").message.find(';') == std::string::npos);
}
