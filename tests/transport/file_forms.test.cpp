#define CAF_SUITE transport.file_forms

#include "file_fixture.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

CAF_TEST_FIXTURE_SCOPE(file_forms_tests, file_fixture)

CAF_TEST(lines without a key and lines that are no JSON go to partition 0) {
  const std::string text = "{\"id\":\"k1\"}\n"
                           "\n"
                           " \t\r\n"
                           "not json\n"
                           "{\"id\":null}\n"
                           "{\"other\":1}\r\n"
                           "{\"id\":\"a\",\"id\":\"k1\"}\n"
                           "{\"id\":17}";
  folder.write("t.ndjson", text);
  auto in = open(8);
  heard news;
  start_all(*in, 8);
  read_to_the_end(*in, news, 8);
  std::map<std::int32_t, std::vector<std::string>> wanted;
  wanted[partition_of("k1", 8)].push_back("{\"id\":\"k1\"}");
  for (const auto* line : {"not json", "{\"id\":null}", "{\"other\":1}\r"})
    wanted[0].emplace_back(line);
  wanted[partition_of("k1", 8)].push_back("{\"id\":\"a\",\"id\":\"k1\"}");
  wanted[partition_of("17", 8)].push_back("{\"id\":17}");
  for (std::int32_t p = 0; p < 8; ++p)
    CAF_CHECK((values_of(news, {"t", p}) == wanted[p]));
  for (const auto& message : news.messages({"t", 0}))
    if (*message.value == "not json")
      CAF_CHECK(!message.key);
}

CAF_TEST(a line that is too long comes as its beginning and the next one whole) {
  const std::string before = R"({"id":"a"})";
  const std::string edge = R"({"id":"b","x":")" + std::string(2'000'000 - 17, 'x') + "\"}";
  const std::string longer = R"({"id":"c","x":")" + std::string(7'000'000, 'y') + "\"}";
  const std::string after = R"({"id":"d"})";
  CAF_REQUIRE_EQUAL(edge.size(), 2'000'000u);
  for (const std::string end : {"\n", ""}) {
    for (const auto& lines :
         {std::vector{before, edge, longer, after}, std::vector{longer, longer, edge}, std::vector{edge + " "}}) {
      std::string text;
      for (const auto& line : lines)
        text += (text.empty() ? "" : "\n") + line;
      folder.write("t.ndjson", text + end);
      auto in = open(1, "id", 2'000'000);
      heard news;
      start_all(*in, 1);
      read_to_the_end(*in, news, 1);
      auto wanted = lines;
      for (auto& line : wanted)
        line.resize(std::min<std::size_t>(line.size(), 2'000'001));
      CAF_CHECK((values_of(news, {"t", 0}) == wanted));
      for (const auto& message : news.messages({"t", 0}))
        CAF_CHECK_EQUAL(message.key.has_value(), message.value->size() <= 2'000'000);
    }
  }
}

CAF_TEST(an empty file has ends and nothing else) {
  for (const auto* name : {"t.ndjson", "t.ndjson.gz", "t.ndjson.zst", "t.records.ndjson"}) {
    folder.write(name, std::string_view{name}.ends_with("gz")    ? gzipped("")
                       : std::string_view{name}.ends_with("zst") ? zstd_packed("")
                                                                 : "");
    auto in = open(2);
    heard news;
    start_all(*in, 2);
    read_to_the_end(*in, news, 2);
    CAF_CHECK_EQUAL(news.total, 0u);
    CAF_CHECK((news.ends == std::map<topic_partition, std::int64_t>{{{"t", 0}, 0}, {{"t", 1}, 0}}));
    CAF_CHECK((in->bounds({"t", 1}).value() == std::pair<std::int64_t, std::int64_t>{0, 0}));
    std::filesystem::remove(folder.path() + "/" + name);
  }
}

CAF_TEST(a file that is not there is named and so are two that both are) {
  auto missing = refusal();
  CAF_CHECK(missing.kind == error_kind::not_found);
  CAF_CHECK(missing.message.find(folder.path() + "/t.ndjson") != std::string::npos);
  folder.write("t.ndjson", "");
  folder.write("t.ndjson.gz", "");
  auto both = refusal();
  CAF_CHECK(both.kind == error_kind::conflict);
  CAF_CHECK(both.message.find("t.ndjson.gz") != std::string::npos);
  CAF_CHECK(refusal(0).kind == error_kind::invalid);
  std::filesystem::remove(folder.path() + "/t.ndjson.gz");
  std::filesystem::remove(folder.path() + "/t.ndjson");
  std::filesystem::create_directory(folder.path() + "/t.ndjson");
  CAF_CHECK(refusal().kind == error_kind::invalid);
}

CAF_TEST(packed data that is damaged or ends early fails every partition after what came before) {
  const auto text = many_lines(20'000);
  const std::vector<std::pair<std::string, std::string>> forms{
      {"t.ndjson.gz", gzipped(text).substr(0, 50'000)},
      {"t.ndjson.gz", "this is not gzip at all"},
      {"t.ndjson.zst", zstd_packed(text).substr(0, 5'000)},
      {"t.ndjson.zst", "this is not zstd at all"},
  };
  for (const auto& [name, content] : forms) {
    folder.write(name, content);
    auto in = open(2);
    heard news;
    start_all(*in, 2);
    read_to_the_end(*in, news, 2);
    CAF_CHECK_EQUAL(news.failures.size(), 2u);
    CAF_CHECK(news.ends.empty());
    for (const auto& failed : news.failures) {
      CAF_CHECK(failed.why.kind == error_kind::corrupt);
      CAF_CHECK(failed.why.message.find(name) != std::string::npos);
    }
    std::filesystem::remove(folder.path() + "/" + name);
  }
}

CAF_TEST(records keep their own partitions and offsets and times) {
  folder.write("t.records.ndjson",
               R"({"partition":1,"offset":100,"timestamp":5,"key":"aw==","headers":[],"value":"e30="})"
               "\n"
               R"({"partition":0,"offset":7,"timestamp":null,"key":null,"headers":null,"value":null})"
               "\n"
               R"({"partition":1,"offset":103,"timestamp":6,"key":"","headers":{"a":"Yg=="},"value":"AP8K"})"
               "\n"
               R"({"partition":5,"offset":0,"timestamp":7,"key":"a2V5","value":"dmE="})");
  auto in = open(2);
  CAF_CHECK(in->partitions("t") == 6);
  heard news;
  start_all(*in, 6);
  read_to_the_end(*in, news, 6);
  const auto one = news.messages({"t", 1});
  CAF_REQUIRE_EQUAL(one.size(), 2u);
  CAF_CHECK_EQUAL(one[0].offset, 100);
  CAF_CHECK_EQUAL(one[0].timestamp_ms, 5);
  CAF_CHECK(one[0].key == "k");
  CAF_CHECK(one[0].value == "{}");
  CAF_CHECK_EQUAL(one[1].offset, 103);
  CAF_CHECK(one[1].key == "");
  CAF_CHECK((one[1].value == std::string{"\0\xff\n", 3}));
  const auto none = news.messages({"t", 0});
  CAF_REQUIRE_EQUAL(none.size(), 1u);
  CAF_CHECK_EQUAL(none[0].timestamp_ms, -1);
  CAF_CHECK(!none[0].key);
  CAF_CHECK(!none[0].value);
  CAF_CHECK_EQUAL((news.messages({"t", 5}).size()), 1u);
  CAF_CHECK_EQUAL((news.ends[{"t", 1}]), 104);
  CAF_CHECK((in->bounds({"t", 1}).value() == std::pair<std::int64_t, std::int64_t>{100, 104}));
  CAF_CHECK(in->read_one({"t", 1}, 103).value().has_value());
  CAF_CHECK(!in->read_one({"t", 1}, 101).value().has_value());
  heard again;
  CAF_REQUIRE(in->start({"t", 1}, {start_offset::where::at, 101}).has_value());
  read_to_the_end(*in, again, 1);
  CAF_REQUIRE_EQUAL(again.total, 1u);
  CAF_CHECK((again.messages({"t", 1})[0].offset == 103));
}

CAF_TEST(a records file with a line that is none is refused with its line) {
  const std::string good = R"({"partition":0,"offset":7,"timestamp":1,"key":null,"value":""})"
                           "\n";
  for (const auto* bad :
       {"nonsense", "[]", "{}", R"({"partition":-1,"offset":8})", R"({"partition":0,"offset":-8})",
        R"({"partition":0,"offset":7})", R"({"partition":2000000,"offset":8})", R"({"partition":0,"offset":"8"})",
        R"({"partition":0,"offset":8,"value":"a"})", R"({"partition":0,"offset":8,"value":"a-=="})",
        R"({"partition":0,"offset":8,"value":"===="})", R"({"partition":0,"offset":8,"key":5})",
        R"({"partition":0,"offset":8,"timestamp":1.5})"}) {
    folder.write("t.records.ndjson", good + bad + "\n");
    const auto refused = refusal();
    CAF_CHECK(refused.kind == error_kind::corrupt);
    CAF_CHECK(refused.message.find("t.records.ndjson:2: ") != std::string::npos);
  }
}

CAF_TEST(a file is the same while its beginning is) {
  folder.write("t.ndjson", "{\"id\":1}\n");
  const auto earlier = open(2)->source_identity("t");
  CAF_CHECK(earlier.starts_with("file:" + folder.path() + "/t.ndjson#xxh128="));
  CAF_CHECK(earlier.ends_with(",9"));
  CAF_CHECK(open(2)->is_same_source("t", earlier));
  folder.write("t.ndjson", "{\"id\":1}\n{\"id\":2}\n");
  CAF_CHECK(open(2)->is_same_source("t", earlier));
  CAF_CHECK(open(2)->source_identity("t") != earlier);
  folder.write("t.ndjson", "{\"id\":3}\n{\"id\":2}\n");
  CAF_CHECK(!open(2)->is_same_source("t", earlier));
  folder.write("t.ndjson", "{\"id\"");
  CAF_CHECK(!open(2)->is_same_source("t", earlier));
  CAF_CHECK(!open(2)->is_same_source("t", "file:nonsense"));
  folder.write("t.ndjson", std::string(100'000, 'x'));
  const auto large = open(2)->source_identity("t");
  CAF_CHECK(large.ends_with(",65536"));
  folder.write("t.ndjson", std::string(70'000, 'x') + "other");
  CAF_CHECK_EQUAL(open(2)->source_identity("t"), large);
}

CAF_TEST_FIXTURE_SCOPE_END()
