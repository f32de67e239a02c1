#define CAF_SUITE service.metrics

#include "caf/test/dsl.hpp"

#include <string>

#include <boost/json/serialize.hpp>

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
