#define CAF_SUITE sinks.text_formats

#include "sinks/text_formats.hpp"

#include <caf/test/unit_test.hpp>

#include "rows.hpp"

using namespace throng;
using namespace throng::sinks;
using namespace throng::sinks::test;

CAF_TEST(a line is the event as it came and where it stood) {
  const auto text = to_ndjson(rows_of({"{\"a\": 1.50,\n \"b\": [ ]}\n", "{ }", "no", std::nullopt}));
  const std::string place = "\"_time\":\"2026-01-05T08:00:00.000Z\",\"_key\":\"k\"}\n";
  CAF_CHECK_EQUAL(text, "{\"a\": 1.50,  \"b\": [ ],\"_partition\":3,\"_offset\":10," + place +
                            "{ \"_partition\":3,\"_offset\":11," + place +
                            "{\"_raw\":\"no\",\"_partition\":3,\"_offset\":12," + place +
                            "{\"_partition\":3,\"_offset\":13," + place);
}

CAF_TEST(an empty text is no empty cell) {
  const auto table = make_table(rows_of({R"({"a": "", "b": "x,\"y\"", "c": 1.5, "t": "2026-01-05T08:00:00Z"})", "{}"}),
                                {{"t"}, {}, false});
  CAF_CHECK_EQUAL(to_csv(table), "a,b,c,t\n\"\",\"x,\"\"y\"\"\",1.5,2026-01-05T08:00:00.000Z\n,,,\n");
}

CAF_TEST(packed text is smaller and says how it is packed) {
  const std::string text(10'000, 'a');
  const auto gzip = compress(text, config::sink_compression::gzip);
  const auto zstd = compress(text, config::sink_compression::zstd);
  CAF_REQUIRE(gzip && zstd);
  CAF_CHECK(gzip->starts_with("\x1f\x8b"));
  CAF_CHECK(zstd->starts_with("\x28\xb5\x2f\xfd"));
  CAF_CHECK(gzip->size() < 100 && zstd->size() < 100);
  CAF_CHECK_EQUAL(compress(text, config::sink_compression::none), text);
}
