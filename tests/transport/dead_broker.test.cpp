#define CAF_SUITE transport.dead_broker

#include <caf/test/unit_test.hpp>

#include <chrono>

#include "transport/consumer.hpp"
#include "transport/topics.hpp"

using namespace throng;
using namespace throng::transport;

namespace {

struct fixture {
  config::kafka_settings dead;
  fixture() {
    dead.brokers = "127.0.0.1:1";
    dead.properties["client.id"] = "very-secret";
  }

  void check(const error& what) const {
    CAF_CHECK(what.kind == error_kind::unavailable);
    CAF_CHECK(what.retryable);
    CAF_CHECK(what.message.find("no broker of 127.0.0.1:1 answered within ") == 0);
    CAF_CHECK(what.message.find("Connection refused") != std::string::npos);
    CAF_CHECK(what.message.find("very-secret") == std::string::npos);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(dead_broker_tests, fixture)

CAF_TEST(listing topics ends with an error that says why) {
  const auto listed = list_topics(dead, true, std::chrono::milliseconds{300});
  CAF_REQUIRE(!listed);
  check(listed.error());
}

CAF_TEST(making topics ends with an error that says why) {
  const auto made = create_missing(dead, {}, {"t"}, std::chrono::milliseconds{300});
  CAF_REQUIRE(!made);
  check(made.error());
}

CAF_TEST(joining a group ends with an error that says why) {
  const auto joined = make_group_consumer(dead, {"g", {"t"}}, std::chrono::milliseconds{300});
  CAF_REQUIRE(!joined);
  check(joined.error());
}

CAF_TEST(another assignment strategy is refused before anything is asked) {
  dead.properties["partition.assignment.strategy"] = "range";
  const auto joined = make_group_consumer(dead, {"g", {"t"}});
  CAF_REQUIRE(!joined);
  CAF_CHECK(joined.error().kind == error_kind::invalid);
  CAF_CHECK(joined.error().message.find("cooperative-sticky") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
