#define CAF_SUITE transport.topic_reader

#include <caf/test/unit_test.hpp>

#include "delivering.hpp"
#include "transport/embedded.hpp"
#include "transport/producer.hpp"
#include "transport/topic_reader.hpp"

using namespace throng;
using namespace throng::transport;

namespace {

using where = start_offset::where;

/// Two partitions of a topic with messages 0 to 9 each, over the real protocol.
struct fixture {
  std::unique_ptr<embedded_cluster> cluster = embedded_cluster::start().value();
  config::kafka_settings settings;
  std::unique_ptr<producer> out;

  fixture() {
    settings.brokers = cluster->bootstrap_servers();
    CAF_REQUIRE(cluster->create_topic("t", 2));
    out = producer::make({}, cluster.get(),
                         {[](const auto&, std::size_t, std::size_t) {}, [](const auto&, const error&) {}})
              .value();
    fill(0, 10);
  }

  void fill(int first, int count) {
    const header_list headers{{"reason", "late"}, {"bytes", std::string{"\0\xff", 2}}, {"reason", "again"}};
    for (std::int32_t partition = 0; partition < 2; ++partition)
      for (int i = first; i < first + count; ++i) {
        const auto text = std::make_shared<const std::string>(std::to_string(i));
        const outgoing message{"key", *text, 1'000'000 + i * 1'000, &headers};
        CAF_REQUIRE(testing::deliver(*out, {"t", partition}, {&message, 1}, text));
      }
  }

  std::unique_ptr<topic_reader> open(const topic_reader::choice& what) const {
    auto made = topic_reader::open(settings, "t", what);
    if (!made)
      CAF_FAIL(made.error().message);
    return std::move(*made);
  }

  /// Values by partition, up to the end or `most` messages.
  static std::map<std::int32_t, std::string> all(topic_reader& from, std::size_t most = 1'000) {
    std::map<std::int32_t, std::string> values;
    for (std::size_t n = 0; n < most && !from.done();) {
      auto next = from.next(std::chrono::seconds{20});
      CAF_REQUIRE(next);
      if (*next) {
        values[(*next)->partition] += (*next)->value.value_or("-");
        ++n;
      }
    }
    return values;
  }

  error refusal(const std::string& topic, const topic_reader::choice& what) const {
    auto made = topic_reader::open(settings, topic, what);
    CAF_REQUIRE(!made);
    return made.error();
  }
};

using values = std::map<std::int32_t, std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(topic_reader_tests, fixture)

CAF_TEST(a message comes with its key and value and time and all its headers) {
  auto reader = open({0, {}, {}, false});
  auto first = reader->next(std::chrono::seconds{20});
  CAF_REQUIRE(first && *first);
  CAF_CHECK_EQUAL((*first)->partition, 0);
  CAF_CHECK_EQUAL((*first)->offset, 0);
  CAF_CHECK_EQUAL((*first)->timestamp_ms, 1'000'000);
  CAF_CHECK_EQUAL((*first)->key.value_or(""), "key");
  CAF_CHECK_EQUAL((*first)->value.value_or(""), "0");
  CAF_CHECK_EQUAL((*first)->headers,
                  (header_list{{"reason", "late"}, {"bytes", std::string{"\0\xff", 2}}, {"reason", "again"}}));
}

CAF_TEST(it reads from where it is told to the end that stood there when it was opened) {
  CAF_CHECK_EQUAL(all(*open({})), (values{{0, "0123456789"}, {1, "0123456789"}}));
  CAF_CHECK_EQUAL(all(*open({1, {}, {}, false})), (values{{1, "0123456789"}}));
  CAF_CHECK_EQUAL(all(*open({{}, {where::at, 7}, {}, false})), (values{{0, "789"}, {1, "789"}}));
  CAF_CHECK_EQUAL(all(*open({{}, {}, 2, false})), (values{{0, "89"}, {1, "89"}}));
  CAF_CHECK_EQUAL(all(*open({{}, {}, 99, false})), (values{{0, "0123456789"}, {1, "0123456789"}}));
  CAF_CHECK(open({{}, {where::latest, 0}, {}, false})->done());
  auto opened_before = open({});
  fill(10, 1);
  CAF_CHECK_EQUAL(all(*opened_before), (values{{0, "0123456789"}, {1, "0123456789"}}));
}

CAF_TEST(a follower goes on with what comes) {
  auto reader = open({{}, {where::latest, 0}, {}, true});
  CAF_CHECK(!reader->done());
  fill(10, 1);
  CAF_CHECK_EQUAL(all(*reader, 2), (values{{0, "10"}, {1, "10"}}));
  CAF_CHECK(!reader->done());
}

CAF_TEST(what is not there is named) {
  CAF_CHECK(refusal("t", {2, {}, {}, false}).message == "topic \"t\" has the partitions 0 to 1, not 2");
  CAF_CHECK(refusal("t", {0, {where::at, 11}, {}, false}).message ==
            "topic t, partition 0 holds the offsets 0 to 9, not 11");
  CAF_CHECK(refusal("t", {0, {where::at, 11}, {}, false}).kind == error_kind::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
