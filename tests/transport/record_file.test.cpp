#define CAF_SUITE transport.record_file

#include "transport/record_file.hpp"

#include <caf/test/unit_test.hpp>

#include <filesystem>

#include "config/murmur2.hpp"
#include "temporary_folder.hpp"
#include "transport/topic_file.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

namespace fs = std::filesystem;

namespace {

struct fixture {
  temporary_folder folder;
  std::string name = folder.path() + "/t.records.ndjson";
  std::string hidden = folder.path() + "/.t.records.ndjson.partial";

  std::unique_ptr<record_file_writer> create(bool force = false) {
    return record_file_writer::create(folder.path(), "t", 3, force).value();
  }
  std::unique_ptr<record_file_writer> resume() {
    return record_file_writer::resume(folder.path(), "t", 3).value();
  }

  /// (partition, offset, key, value) of each message, as readers have them.
  std::vector<std::tuple<std::int32_t, std::int64_t, std::string, std::string>> read() {
    std::vector<std::tuple<std::int32_t, std::int64_t, std::string, std::string>> found;
    auto file = topic_file::find(folder.path(), "t", "", 1'000, 1).value();
    auto at = file.begin().value();
    for (auto each = at.next().value(); each; each = at.next().value())
      found.emplace_back(each->partition, each->offset, std::string{each->key.value_or("-")},
                         std::string{each->value.value_or("-")});
    return found;
  }
};

void add(record_file_writer& to, const std::string& key, const std::string& value) {
  record made;
  made.key = key;
  made.value = value;
  made.timestamp_ms = 5;
  made.headers = {{"id", "x"}};
  CAF_REQUIRE(to.append(std::move(made)).has_value());
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(record_file_tests, fixture)

CAF_TEST(messages are read back in the partitions of their keys with offsets from 0) {
  auto file = create();
  std::vector<std::int64_t> next(3, 0);
  std::vector<std::tuple<std::int32_t, std::int64_t, std::string, std::string>> expected;
  for (int i = 0; i < 100; ++i) {
    auto key = "key" + std::to_string(i % 7);
    add(*file, key, std::to_string(i));
    auto partition = partition_of(key, 3);
    expected.emplace_back(partition, next[static_cast<std::size_t>(partition)]++, key, std::to_string(i));
  }
  CAF_CHECK(!fs::exists(name));
  CAF_REQUIRE(file->finish().has_value());
  CAF_CHECK(read() == expected);
}

CAF_TEST(what was flushed stays when the writer is gone and is gone on with) {
  {
    auto file = create();
    add(*file, "a", "1");
    add(*file, "b", "2");
    CAF_REQUIRE(file->flush().has_value());
  }
  CAF_CHECK(fs::exists(hidden));
  CAF_CHECK(!fs::exists(name));
  auto file = resume();
  add(*file, "a", "3");
  CAF_REQUIRE(file->finish().has_value());
  auto found = read();
  CAF_REQUIRE_EQUAL(found.size(), 3u);
  CAF_CHECK(found[2] == std::tuple(partition_of("a", 3),
                                   std::int64_t{partition_of("a", 3) == partition_of("b", 3) ? 2 : 1}, std::string{"a"},
                                   std::string{"3"}));
}

CAF_TEST(a finished file is gone on with and a line that a crash cut off is taken away) {
  {
    auto file = create();
    add(*file, "a", "1");
    CAF_REQUIRE(file->finish().has_value());
  }
  auto file = resume();
  CAF_CHECK(!fs::exists(name));
  add(*file, "a", "2");
  CAF_REQUIRE(file->flush().has_value());
  file.reset();
  fs::resize_file(hidden, fs::file_size(hidden) - 5);
  file = resume();
  add(*file, "a", "3");
  CAF_REQUIRE(file->finish().has_value());
  auto found = read();
  CAF_REQUIRE_EQUAL(found.size(), 2u);
  CAF_CHECK_EQUAL(std::get<3>(found[1]), "3");
  CAF_CHECK_EQUAL(std::get<1>(found[1]), 1);
}

CAF_TEST(a file that is there is replaced only by force and one that holds no records is not gone on with) {
  folder.write("t.ndjson", "{}\n");
  auto refused = record_file_writer::create(folder.path(), "t", 3, false);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::conflict);
  fs::remove(folder.path() + "/t.ndjson");
  folder.write("t.records.ndjson", "{}\n");
  CAF_CHECK(!record_file_writer::create(folder.path(), "t", 3, false));
  auto corrupt = record_file_writer::resume(folder.path(), "t", 3);
  CAF_REQUIRE(!corrupt);
  CAF_CHECK(corrupt.error().kind == error_kind::corrupt);
  CAF_CHECK(corrupt.error().message.find(":1: ") != std::string::npos);
  auto file = create(true);
  add(*file, "a", "1");
  CAF_REQUIRE(file->finish().has_value());
  CAF_CHECK_EQUAL(read().size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
