#define CAF_SUITE sinks.sink_file

#include "sinks/sink_file.hpp"

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;
using namespace throng::sinks;

CAF_TEST(a name says topic and partition and offsets and generation) {
  CAF_CHECK_EQUAL(file_name({"web.clicks", 3, 1'000, 1'999, 2}), "web.clicks-3-1000-1999-2");
  CAF_CHECK_EQUAL(hour_folder("web.clicks", 490'999), "web.clicks/dt=2026-01-05/hour=07");
  CAF_CHECK_EQUAL(hour_folder("t", std::nullopt), "t/dt=__HIVE_DEFAULT_PARTITION__/hour=__HIVE_DEFAULT_PARTITION__");
}

CAF_TEST(any name is read back whatever the topic is called and the file is packed with) {
  CAF_CHECK(rc::check([] {
    const auto topic = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', '-', '.', '_', '7')));
    sink_file file{topic, *rc::gen::inRange(0, 1'000), 0, 0, *rc::gen::inRange<std::uint64_t>(0, 99)};
    file.first = *rc::gen::inRange<std::int64_t>(0, INT64_MAX / 2);
    file.last = file.first + *rc::gen::inRange<std::int64_t>(0, 1'000);
    const std::string extension = *rc::gen::element<std::string>("", ".ndjson", ".csv.gz", ".parquet");
    const auto read = parse_file_name(file_name(file) + extension);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == file);
  }));
}

CAF_TEST(what is not ours is no name) {
  for (const auto* name : {"", "part-0001.parquet", "t-0-5-4-1.csv", "t-0-1-2.csv", "t-0-1-2-x.csv", "-0-1-2-3.csv",
                           "t-0--1-2-3", "t-99999999999-1-2-3"})
    CAF_CHECK(!parse_file_name(name));
}

CAF_TEST(a file is overtaken by a later generation that begins at or before its last message) {
  const sink_file file{"t", 0, 10, 19, 2};
  CAF_CHECK(!overtaken(file, {{1, 0}, {2, 10}}));
  CAF_CHECK(!overtaken(file, {{1, 0}, {2, 10}, {3, 20}}));
  CAF_CHECK(overtaken(file, {{1, 0}, {2, 10}, {3, 10}}));
  CAF_CHECK(overtaken(file, {{2, 10}, {3, 10}, {4, 40}}));
}
