#define CAF_SUITE service.metrics

#include "caf/test/dsl.hpp"

#include <string>

#include <boost/json/serialize.hpp>

#include "service/sink_metrics.hpp"
#include "service/work_metrics.hpp"

using namespace throng;
using namespace throng::service;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

CAF_TEST(what a world counts is read at each scrape) {
  actors::world_progress world;
  metrics figures;
  add_world_metrics(figures, world);
  CAF_CHECK(has_line(figures.text(), "throng_world_events_total 0"));
  world.events = 120;
  world.virtual_ms = 1'767'600'000'500;
  world.restarts = 2;
  auto text = figures.text();
  CAF_CHECK(has_line(text, "throng_world_events_total 120"));
  CAF_CHECK(has_line(text, "throng_world_restarts_total 2"));
  CAF_CHECK(has_line(text, "# TYPE throng_world_timestamp_seconds gauge"));
  CAF_CHECK(text.find("throng_world_timestamp_seconds 1767600000.5") != std::string::npos);
  CAF_CHECK(has_line(figures.text(), "throng_world_events_total 120")); // not counted twice
}

CAF_TEST(lag and watermark stand by partition and a partition without a watermark has none) {
  actors::progress_snapshot analysis;
  metrics figures;
  add_analysis_metrics(figures, [&] { return analysis; });
  analysis.consumed = 7;
  analysis.late = 1;
  analysis.partitions.push_back({{"iot.readings", 0}, 7, 10, 25, 5'000});
  analysis.partitions.push_back({{"iot.readings", 1}, 0, -1, -1, INT64_MIN});
  auto text = figures.text();
  CAF_CHECK(has_line(text, "throng_analysis_messages_total 7"));
  CAF_CHECK(has_line(text, "throng_analysis_late_total 1"));
  CAF_CHECK(has_line(text, "throng_consumer_lag_messages{partition=\"0\",topic=\"iot.readings\"} 15"));
  CAF_CHECK(has_line(text, "throng_consumer_lag_messages{partition=\"1\",topic=\"iot.readings\"} 0"));
  CAF_CHECK(has_line(text, "throng_watermark_timestamp_seconds{partition=\"0\",topic=\"iot.readings\"} 5"));
  CAF_CHECK(text.find("throng_watermark_timestamp_seconds{partition=\"1\"") == std::string::npos);
}

CAF_TEST(a sink counts what it has put away and its failures and is behind the end of each partition) {
  expected<void> answer;
  struct place_for_rows final : actors::row_sink {
    const expected<void>& answer;
    explicit place_for_rows(const expected<void>& said)
        : answer(said) {}
    expected<void> put(const analytics::sink_rows&, const std::function<expected<void>()>&) override {
      return answer;
    }
    expected<void> take_over(const std::string&, std::int32_t, const storage::claimed&) override {
      return answer;
    }
  };
  const auto counted = std::make_shared<counted_sink>("kept", "lake", std::make_unique<place_for_rows>(answer),
                                                      std::make_shared<std::atomic<std::uint64_t>>(3));
  actors::progress_snapshot analysis;
  analysis.partitions.push_back({{"x.clicks", 0}, 9, 9, 20, INT64_MIN});
  analysis.partitions.push_back({{"x.clicks", 1}, 3, 3, 3, INT64_MIN});
  metrics figures;
  add_sink_metrics(
      figures, {{"sink:kept:lake", counted}}, [&](const std::string&) { return analysis; }, "x.");
  const auto put = [&](std::int32_t partition, std::vector<std::int64_t> offsets) {
    analytics::sink_rows rows;
    rows.topic = "clicks";
    rows.partition = partition;
    for (const auto offset : offsets)
      rows.add({offset, 0, {}, "{}"});
    return counted->put(rows, [] { return expected<void>{}; });
  };
  CAF_CHECK(put(0, {5, 6}).has_value());
  CAF_CHECK(put(0, {3, 4}).has_value()); // of another hour: what is newer is there already
  CAF_CHECK(put(1, {0, 1, 2}).has_value());
  answer = fail(error_kind::unavailable, "gone", true);
  CAF_CHECK(!put(0, {7}).has_value());
  CAF_CHECK(!counted->take_over("clicks", 0, {}).has_value());
  answer = fail(error_kind::fenced, "another's");
  CAF_CHECK(!put(0, {7}).has_value());
  const auto text = figures.text();
  CAF_CHECK(has_line(text, "throng_sink_rows_total{pipeline=\"kept\",sink=\"lake\"} 7"));
  CAF_CHECK(has_line(text, "throng_sink_errors_total{pipeline=\"kept\",sink=\"lake\"} 2"));
  CAF_CHECK(has_line(text, "throng_sink_refused_total{pipeline=\"kept\",sink=\"lake\"} 3"));
  const std::string behind = "throng_sink_lag_messages{partition=\"";
  CAF_CHECK(has_line(text, behind + "0\",pipeline=\"kept\",sink=\"lake\",topic=\"x.clicks\"} 13"));
  CAF_CHECK(has_line(text, behind + "1\",pipeline=\"kept\",sink=\"lake\",topic=\"x.clicks\"} 0"));
}

CAF_TEST(the stream is told lag and restarts of all and events where there is a world) {
  actors::world_progress world;
  world.events = 9;
  world.restarts = 1;
  actors::progress_snapshot analysis;
  analysis.lag = 4;
  analysis.restarts = 2;
  CAF_CHECK_EQUAL(boost::json::serialize(live_figures(&world, analysis)), R"({"lag":4,"events":9,"restarts":3})");
  CAF_CHECK_EQUAL(boost::json::serialize(live_figures(nullptr, analysis)), R"({"lag":4,"restarts":2})");
}
