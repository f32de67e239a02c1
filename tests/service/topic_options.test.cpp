#define CAF_SUITE service.topic_options

#include <caf/test/unit_test.hpp>

#include "service/topic_options.hpp"

using namespace throng;
using namespace throng::service;

namespace {

transport::topic_plan plan_of(topic_options options) {
  options.names = {"orders"};
  auto plans = plan_topics(options, {"", 4, 3, -1});
  CAF_REQUIRE(plans && plans->size() == 1);
  return plans->front();
}

using properties = transport::topic_properties;

} // namespace

CAF_TEST(what no option says is what the settings say or for ever) {
  auto plan = plan_of({});
  CAF_CHECK_EQUAL(plan.partitions, 4);
  CAF_CHECK_EQUAL(plan.replication, 3);
  CAF_CHECK_EQUAL(plan.properties, (properties{{"retention.ms", "-1"}}));
  topic_options both;
  both.names = {"a", "b"};
  both.partitions = 8;
  auto plans = plan_topics(both, {});
  CAF_REQUIRE(plans && plans->size() == 2);
  CAF_CHECK_EQUAL(plans->back().name, "b");
  CAF_CHECK_EQUAL(plans->back().partitions, 8);
}

CAF_TEST(retention and compaction become the properties of Kafka) {
  topic_options options;
  options.retention = "7d";
  options.retention_bytes = 1'000'000;
  CAF_CHECK_EQUAL(plan_of(options).properties,
                  (properties{{"retention.bytes", "1000000"}, {"retention.ms", "604800000"}}));
  options = {};
  options.retention = "forever";
  CAF_CHECK_EQUAL(plan_of(options).properties, (properties{{"retention.ms", "-1"}}));
  options = {};
  options.compact = true;
  CAF_CHECK_EQUAL(plan_of(options).properties, (properties{{"cleanup.policy", "compact"}}));
  options.retention_bytes = 5;
  CAF_CHECK_EQUAL(plan_of(options).properties,
                  (properties{{"cleanup.policy", "compact,delete"}, {"retention.bytes", "5"}, {"retention.ms", "-1"}}));
  options.retention_bytes.reset();
  options.retention = "1h";
  CAF_CHECK_EQUAL(plan_of(options).properties,
                  (properties{{"cleanup.policy", "compact,delete"}, {"retention.ms", "3600000"}}));
}

CAF_TEST(a property is taken as it is and wins) {
  topic_options options;
  options.compact = true;
  options.properties = {"min.insync.replicas=2", "cleanup.policy=delete", "x=a=b"};
  CAF_CHECK_EQUAL(plan_of(options).properties,
                  (properties{{"cleanup.policy", "delete"}, {"min.insync.replicas", "2"}, {"x", "a=b"}}));
}

CAF_TEST(texts that can not be are refused by their option) {
  for (const auto* text : {"0s", "soon", "-1h"}) {
    topic_options options;
    options.retention = text;
    auto plans = plan_topics(options, {});
    CAF_CHECK(!plans && plans.error().message.find(std::string{"--retention "} + text + ": ") == 0);
  }
  for (const auto* text : {"x", "=1"}) {
    topic_options options;
    options.properties = {text};
    auto plans = plan_topics(options, {});
    CAF_CHECK(!plans && plans.error().message.find(std::string{"--property "} + text + ": ") == 0);
  }
}
