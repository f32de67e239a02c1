#define CAF_SUITE transport.embedded

#include "transport/embedded.hpp"

#include <caf/test/unit_test.hpp>

#include <atomic>

#include "polling.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

namespace {

struct fixture {
  std::unique_ptr<embedded_cluster> cluster = embedded_cluster::start().value();
  std::atomic<std::size_t> delivered{0};
  std::atomic<std::size_t> failed{0};

  std::unique_ptr<producer> make_producer(std::size_t queue_bytes = default_partition_queue_bytes) {
    return producer::make({}, cluster.get(),
                          {[this](const topic_partition&, std::size_t messages, std::size_t) { delivered += messages; },
                           [this](const topic_partition&, const error&) { ++failed; }},
                          queue_bytes)
        .value();
  }

  std::unique_ptr<consumer> make_consumer(std::vector<std::string> topics) {
    return make_embedded_consumer(*cluster, {"readers", std::move(topics)}).value();
  }

  /// Produces messages first to first + count and waits for their delivery.
  void fill(producer& into, const topic_partition& to, std::size_t first, std::size_t count, std::size_t size = 0) {
    auto block = std::make_shared<numbered>(first, count, size);
    std::size_t done = 0;
    CAF_REQUIRE(until([&] { return done == count; },
                      [&] {
                        done += into.produce(to, std::span{block->messages}.subspan(done), block);
                        if (done < count)
                          (void)into.flush(milliseconds{100});
                      }));
    CAF_REQUIRE(into.flush(milliseconds{20'000}).has_value());
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(embedded_tests, fixture)

CAF_TEST(what is produced is read with its key and value and time in the order of the offsets) {
  CAF_REQUIRE(cluster->create_topic("t", 3).has_value());
  auto out = make_producer();
  constexpr std::size_t count = 20'000;
  for (std::int32_t p = 0; p < 3; ++p)
    fill(*out, {"t", p}, 0, count, 40);
  CAF_CHECK_EQUAL(delivered, 3 * count);
  CAF_CHECK_EQUAL(failed, 0u);
  CAF_CHECK_EQUAL(out->progress({"t", 2}).last_offset, static_cast<std::int64_t>(count - 1));
  CAF_CHECK_EQUAL(out->progress({"t", 2}).bytes_in_flight, 0u);

  auto in = make_consumer({"t"});
  heard news;
  news.take(in->poll(milliseconds{0}));
  CAF_REQUIRE_EQUAL(news.assignments.size(), 1u);
  CAF_REQUIRE_EQUAL(news.assignments[0].partitions.size(), 3u);
  for (const auto& which : news.assignments[0].partitions)
    CAF_REQUIRE(in->start(which, {}).has_value());
  CAF_REQUIRE(until([&] { return news.ends.size() == 3; }, [&] { news.take(in->poll(milliseconds{100})); }));
  for (std::int32_t p = 0; p < 3; ++p) {
    const auto messages = news.messages({"t", p});
    CAF_REQUIRE_EQUAL(messages.size(), count);
    const numbered wanted{0, count, 40};
    bool same = true;
    for (std::size_t i = 0; i < count; ++i)
      same = same && messages[i].offset == static_cast<std::int64_t>(i) && messages[i].key == wanted.keys[i] &&
             messages[i].value == wanted.values[i] && messages[i].timestamp_ms == wanted.messages[i].timestamp_ms;
    CAF_CHECK(same);
    CAF_CHECK_EQUAL((news.ends[{"t", p}]), static_cast<std::int64_t>(count));
  }
  for (const auto& [which, batches] : news.batches)
    for (const auto& batch : batches) {
      CAF_CHECK(batch->bytes <= 1U << 20U);
      CAF_CHECK(batch->messages.size() <= 4096);
    }
  CAF_CHECK(news.failures.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
