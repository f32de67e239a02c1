#define CAF_SUITE transport.message_file

#include "transport/message_file.hpp"

#include <caf/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>

#include <sys/resource.h>

#include "temporary_folder.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

namespace fs = std::filesystem;

namespace {

std::size_t count_files(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}));
}

struct fixture {
  temporary_folder folder;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(message_file_tests, fixture)

CAF_TEST(values stand in order one a line once the file is finished) {
  auto file = message_file_writer::create(folder.path() + "/new/deeper", "iot.readings", false).value();
  std::string wanted;
  for (int i = 0; i < 3'000; ++i) {
    const auto value = std::to_string(i) + std::string(1'000, 'x');
    CAF_REQUIRE(file->append({value, "{}"}).has_value());
    wanted += value + "\n{}\n";
  }
  const auto path = folder.path() + "/new/deeper/iot.readings.ndjson";
  CAF_CHECK(!fs::exists(path));
  CAF_REQUIRE(file->finish().has_value());
  CAF_CHECK(folder.read("new/deeper/iot.readings.ndjson") == wanted);
  file.reset();
  CAF_CHECK_EQUAL(count_files(folder.path() + "/new/deeper"), 1u);
}

CAF_TEST(a file that was not finished leaves nothing behind) {
  {
    auto file = message_file_writer::create(folder.path(), "t", false).value();
    CAF_REQUIRE(file->append({"{}"}).has_value());
    CAF_CHECK_EQUAL(count_files(folder.path()), 1u); // the hidden one
  }
  CAF_CHECK_EQUAL(count_files(folder.path()), 0u);
}

CAF_TEST(a file in any form is in the way unless force is given) {
  folder.write("t.ndjson", "old\n");
  folder.write("z.ndjson.zst", "old");
  for (const auto* topic : {"t", "z"}) {
    const auto refused = message_file_writer::create(folder.path(), topic, false);
    CAF_REQUIRE(!refused);
    CAF_CHECK(refused.error().kind == error_kind::conflict);
    CAF_CHECK(refused.error().message.find(folder.path()) != std::string::npos);
  }
  auto file = message_file_writer::create(folder.path(), "t", true).value();
  CAF_CHECK(folder.read("t.ndjson") == "old\n");
  CAF_REQUIRE(file->append({"new"}).has_value());
  CAF_REQUIRE(file->finish().has_value());
  CAF_CHECK(folder.read("t.ndjson") == "new\n");
}

CAF_TEST(a file that somebody else wrote meanwhile is not replaced) {
  auto file = message_file_writer::create(folder.path(), "t", false).value();
  folder.write("t.ndjson", "theirs\n");
  const auto finished = file->finish();
  CAF_REQUIRE(!finished);
  CAF_CHECK(finished.error().kind == error_kind::conflict);
  file.reset();
  CAF_CHECK(folder.read("t.ndjson") == "theirs\n");
  CAF_CHECK_EQUAL(count_files(folder.path()), 1u);
}

CAF_TEST(a writer goes on behind the whole lines that one before it has left) {
  folder.write(".t.ndjson.partial", "{\"a\":1}\n{}\n{\"cut\":");
  folder.write("finished.ndjson", "1\n2\n3\n");
  for (const auto& [topic, lines, wanted] :
       {std::tuple{"t", 2U, "{\"a\":1}\n{}\nnew\n"}, std::tuple{"finished", 3U, "1\n2\n3\nnew\n"},
        std::tuple{"none", 0U, "new\n"}}) {
    auto file = message_file_writer::resume(folder.path(), topic).value();
    CAF_CHECK_EQUAL(file->lines_before(), lines);
    CAF_REQUIRE(file->append({"new"}).has_value());
    CAF_REQUIRE(file->finish().has_value());
    CAF_CHECK(folder.read(std::string{topic} + ".ndjson") == wanted);
  }
  CAF_CHECK_EQUAL(count_files(folder.path()), 3u);
}

CAF_TEST(what one before has left is kept where a writer that goes on does not finish) {
  folder.write("t.ndjson", "1\n");
  message_file_writer::resume(folder.path(), "t").value().reset();
  CAF_CHECK_EQUAL(message_file_writer::resume(folder.path(), "t").value()->lines_before(), 1u);
}

CAF_TEST(two writers at a time are one too many) {
  const auto first = message_file_writer::create(folder.path(), "t", false);
  for (const auto& second : {message_file_writer::create(folder.path(), "t", true).error(),
                             message_file_writer::resume(folder.path(), "t").error()})
    CAF_CHECK(second.kind == error_kind::conflict);
  CAF_CHECK(first.has_value());
}

CAF_TEST(without space nothing appears under the name) {
  // A limit on the size of files fails a write as a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  CAF_REQUIRE_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small{3U << 20U, before.rlim_max};
  CAF_REQUIRE_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
  auto file = message_file_writer::create(folder.path(), "t", false).value();
  const std::string value(100'000, 'x');
  expected<void> appended;
  for (int i = 0; i < 100 && appended; ++i)
    appended = file->append({value});
  CAF_REQUIRE_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
  CAF_REQUIRE(!appended);
  CAF_CHECK(appended.error().kind == error_kind::exhausted);
  CAF_CHECK(appended.error().message.find("t.ndjson") != std::string::npos);
  file.reset();
  CAF_CHECK_EQUAL(count_files(folder.path()), 0u);
}

CAF_TEST(a folder that cannot be made is an error) {
  folder.write("file", "");
  CAF_CHECK(!message_file_writer::create(folder.path() + "/file/below", "t", false));
}

CAF_TEST_FIXTURE_SCOPE_END()
