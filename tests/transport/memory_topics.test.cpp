#define CAF_SUITE transport.memory_topics

#include "transport/memory_topics.hpp"

#include <string>
#include <vector>

#include <caf/test/unit_test.hpp>

using namespace throng;
using namespace throng::transport;
using namespace std::chrono_literals;

namespace {

/// Reads nothing; what it is asked is kept.
class no_source final : public consumer {
public:
  std::vector<consumer_event> poll(std::chrono::milliseconds limit) override {
    last_limit = limit;
    return {};
  }
  expected<void> start(const topic_partition&, start_offset) override {
    return {};
  }
  void pause(const topic_partition&) override {}
  void resume(const topic_partition&) override {}
  void revoked_done(const std::vector<topic_partition>&) override {}
  void commit(const topic_partition&, std::int64_t) override {}
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition&) override {
    return std::pair<std::int64_t, std::int64_t>{3, 7};
  }
  expected<std::optional<batch_ptr>> read_one(const topic_partition&, std::int64_t) override {
    return std::optional<batch_ptr>{};
  }
  std::string source_identity(const std::string& topic) const override {
    return "source of " + topic;
  }
  expected<std::int32_t> partitions(const std::string&) const override {
    return 5;
  }
  std::chrono::milliseconds last_limit{-1};
};

struct fixture {
  std::shared_ptr<memory_topics> topics =
      std::make_shared<memory_topics>(std::vector<memory_topic>{{"between", "source", 2}}, 10);
  std::unique_ptr<consumer> sut = with_memory_topics(std::make_unique<no_source>(), topics);

  expected<void> write(std::int32_t partition, std::string_view value) {
    return topics->append({{{"between", partition}, 1, "key", value}}, 0ms);
  }
  std::int64_t end_of(const char* topic) {
    const auto found = sut->bounds({topic, 0});
    return found ? found->second : -1;
  }
  std::int32_t partitions_of(const char* topic) {
    const auto found = sut->partitions(topic);
    return found ? *found : -1;
  }
  /// `partition:offset=value` of what poll() hands out.
  std::vector<std::string> read() {
    std::vector<std::string> found;
    for (const auto& event : sut->poll(0ms))
      if (const auto* batch = std::get_if<batch_ptr>(&event))
        for (const auto& message : (*batch)->messages)
          found.push_back(std::to_string((*batch)->from.partition) + ":" + std::to_string(message.offset) + "=" +
                          std::string{message.value.value()});
    return found;
  }
};

using texts = std::vector<std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(memory_topics_tests, fixture)

CAF_TEST(offsets go on where the reader begins and nothing is taken before) {
  CAF_CHECK(!write(0, "early"));
  CAF_CHECK_EQUAL(end_of("between"), unknown_end);
  CAF_CHECK(sut->start({"between", 0}, {start_offset::where::at, 40}));
  CAF_CHECK(write(0, "a"));
  CAF_CHECK(write(0, "b"));
  CAF_CHECK_EQUAL(end_of("between"), 42);
  CAF_CHECK_EQUAL(read(), (texts{"0:40=a", "0:41=b"}));
  CAF_CHECK(!sut->start({"between", 0}, {start_offset::where::at, 41}));
}

CAF_TEST(a reader that rests lets no more in than the bound and the rest waits for room) {
  CAF_CHECK(sut->start({"between", 0}, {start_offset::where::at, 0}));
  sut->pause({"between", 0});
  CAF_CHECK(write(0, "0123456789"));
  auto full = write(0, "more");
  CAF_REQUIRE(!full);
  CAF_CHECK(full.error().retryable);
  CAF_CHECK_EQUAL(read(), texts{});
  sut->resume({"between", 0});
  CAF_CHECK_EQUAL(read(), texts{"0:0=0123456789"});
  CAF_CHECK(write(0, "more"));
}

CAF_TEST(what was written is safe when the readers checkpoints hold it and never when one has ended without) {
  for (std::int32_t i = 0; i < 2; ++i)
    CAF_CHECK(sut->start({"between", i}, {start_offset::where::at, 10}));
  CAF_CHECK(write(0, "a"));
  CAF_CHECK(write(1, "b"));
  auto mark = topics->now();
  CAF_CHECK(topics->safe(mark) == memory_topics::safety::not_yet);
  sut->commit({"between", 0}, 11);
  CAF_CHECK(topics->safe(mark) == memory_topics::safety::not_yet);
  sut->commit({"between", 1}, 11);
  CAF_CHECK(topics->safe(mark) == memory_topics::safety::yes);
  CAF_CHECK(write(1, "c"));
  auto later = topics->now();
  topics->abandon({"between", 1});
  CAF_CHECK(topics->safe(mark) == memory_topics::safety::yes);
  CAF_CHECK(topics->safe(later) == memory_topics::safety::never);
  CAF_CHECK(write(1, "nobody reads this"));
}

CAF_TEST(everything else is the sources) {
  CAF_CHECK_EQUAL(end_of("source"), 7);
  CAF_CHECK_EQUAL(partitions_of("source"), 5);
  CAF_CHECK_EQUAL(partitions_of("between"), 2);
  CAF_CHECK_EQUAL(sut->source_identity("between"), "source of source > between");
  CAF_CHECK(sut->is_same_source("between", "source of source > between"));
  CAF_CHECK(!sut->is_same_source("between", "source of another > between"));
}

CAF_TEST_FIXTURE_SCOPE_END()
