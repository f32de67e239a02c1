#define CAF_SUITE transport.file_consumer

#include <caf/test/unit_test.hpp>

#include <filesystem>

#include <rapidcheck.h>
#include <zlib.h>
#include <zstd.h>

#include "config/murmur2.hpp"
#include "polling.hpp"
#include "temporary_folder.hpp"
#include "transport/consumer.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

namespace {

std::string gzipped(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd_packed(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// `n` lines of some 230 bytes, of ten keys.
std::string many_lines(std::size_t n) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i)
    all += fmt::format("{{\"id\":\"k{}\",\"i\":{},\"pad\":\"{:0>200}\"}}\n", i % 10, i, i);
  return all;
}

/// The definition, as plainly as it can be said: lines by partition, in order.
std::map<std::int32_t, std::vector<std::string>>
split_of(const std::string& text, std::int32_t partitions,
         const std::function<std::optional<std::string>(const std::string&)>& key) {
  std::map<std::int32_t, std::vector<std::string>> split;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    const auto found = key(line);
    split[found ? partition_of(*found, partitions) : 0].push_back(line);
  }
  return split;
}

std::optional<std::string> id_in(const std::string& line) {
  const auto at = line.find("\"id\":\"");
  return at == std::string::npos ? std::nullopt : std::optional{line.substr(at + 6, line.find('"', at + 6) - at - 6)};
}

std::vector<std::string> values_of(const heard& news, const topic_partition& which) {
  std::vector<std::string> values;
  for (const auto& message : news.messages(which))
    values.emplace_back(message.value.value_or("(null)"));
  return values;
}

struct fixture {
  temporary_folder folder;

  std::unique_ptr<consumer> open(std::int32_t partitions, std::string key = "id", std::size_t longest = 16U << 20U) {
    auto made = make_file_consumer(folder.path(), {{"t", std::move(key), longest}}, partitions);
    if (!made)
      CAF_FAIL(made.error().message);
    return std::move(*made);
  }

  error refusal(std::int32_t partitions = 4) {
    auto made = make_file_consumer(folder.path(), {{"t", "id"}}, partitions);
    CAF_REQUIRE(!made);
    return made.error();
  }

  static void start_all(consumer& from, std::int32_t partitions) {
    for (std::int32_t p = 0; p < partitions; ++p)
      CAF_REQUIRE(from.start({"t", p}, {}).has_value());
  }

  /// Polls until `n` partitions have ended or failed.
  static void read_to_the_end(consumer& from, heard& news, std::size_t n) {
    CAF_REQUIRE(until([&] { return news.ends.size() + news.failures.size() >= n; },
                      [&] { news.take(from.poll(milliseconds{10})); }));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(file_consumer_tests, fixture)

CAF_TEST(a file in any packing is split by key with offsets that count from 0) {
  const auto text = many_lines(20'000);
  const auto wanted = split_of(text, 3, id_in);
  const std::string half{text.substr(0, text.size() / 2)};
  const std::string other_half{text.substr(text.size() / 2)};
  const std::vector<std::pair<std::string, std::string>> forms{
      {"t.ndjson", text},
      {"t.ndjson", text.substr(0, text.size() - 1)}, // no newline at the end
      {"t.ndjson.gz", gzipped(text)},
      {"t.ndjson.gz", gzipped(half) + gzipped(other_half)},
      {"t.ndjson.zst", zstd_packed(text)},
      {"t.ndjson.zst", zstd_packed(half) + zstd_packed(other_half)},
  };
  for (const auto& [name, content] : forms) {
    folder.write(name, content);
    auto in = open(3);
    heard news;
    news.take(in->poll(milliseconds{0}));
    CAF_REQUIRE_EQUAL(news.assignments.size(), 1u);
    CAF_CHECK_EQUAL(news.assignments[0].partitions.size(), 3u);
    CAF_CHECK(in->partitions("t") == 3);
    start_all(*in, 3);
    read_to_the_end(*in, news, 3);
    CAF_CHECK(news.failures.empty());
    for (std::int32_t p = 0; p < 3; ++p) {
      const topic_partition which{"t", p};
      const auto found = wanted.find(p);
      const auto lines = found == wanted.end() ? std::vector<std::string>{} : found->second;
      CAF_CHECK(values_of(news, which) == lines);
      const auto got = news.messages(which);
      bool right = true;
      for (std::size_t i = 0; i < got.size(); ++i)
        right = right && got[i].offset == static_cast<std::int64_t>(i) && got[i].timestamp_ms == -1 &&
                got[i].key == id_in(lines[i]);
      CAF_CHECK(right);
      CAF_CHECK_EQUAL(news.ends[which], static_cast<std::int64_t>(lines.size()));
      CAF_CHECK((in->bounds(which).value() == std::pair<std::int64_t, std::int64_t>{0, lines.size()}));
    }
    for (const auto& [which, batches] : news.batches)
      for (const auto& batch : batches)
        CAF_CHECK(batch->messages.size() <= 4096 && batch->bytes <= 1U << 20U);
    std::filesystem::remove(folder.path() + "/" + name);
  }
}

CAF_TEST(only started partitions are read from where they were started and read again when started anew) {
  folder.write("t.ndjson", many_lines(5'000));
  const auto wanted = split_of(many_lines(5'000), 3, id_in);
  auto in = open(3);
  (void)in->poll(milliseconds{0});
  const auto tail = [&](std::int32_t p, std::int64_t from) {
    const auto& all = wanted.at(p);
    return std::vector<std::string>(all.begin() + from, all.end());
  };
  std::vector<std::int32_t> filled;
  for (const auto& [p, lines] : wanted)
    filled.push_back(p);
  CAF_REQUIRE(filled.size() >= 2);
  const topic_partition a{"t", filled[0]};
  const topic_partition b{"t", filled[1]};
  CAF_REQUIRE(in->start(a, {start_offset::where::at, 700}).has_value());
  heard first;
  read_to_the_end(*in, first, 1);
  CAF_CHECK(values_of(first, a) == tail(a.partition, 700));
  CAF_CHECK(first.messages(a).front().offset == 700);
  CAF_CHECK_EQUAL(first.total, tail(a.partition, 700).size());

  heard second; // while another has read already, and one of them again
  CAF_REQUIRE(in->start(b, {start_offset::where::at, 3}).has_value());
  CAF_REQUIRE(in->start(a, {start_offset::where::at, 0}).has_value());
  read_to_the_end(*in, second, 2);
  CAF_CHECK(values_of(second, a) == tail(a.partition, 0));
  CAF_CHECK(values_of(second, b) == tail(b.partition, 3));

  heard third;
  CAF_REQUIRE(in->start(a, {start_offset::where::latest, 0}).has_value());
  CAF_REQUIRE(in->start(b, {start_offset::where::at, 1'000'000}).has_value());
  read_to_the_end(*in, third, 2);
  CAF_CHECK_EQUAL(third.total, 0u);
  CAF_CHECK_EQUAL(third.ends[b], static_cast<std::int64_t>(wanted.at(b.partition).size()));
  CAF_CHECK(in->start({"t", 3}, {}).error().kind == error_kind::not_found);
  CAF_CHECK(in->start({"u", 0}, {}).error().kind == error_kind::not_found);
}

CAF_TEST(a paused partition stalls nobody and misses nothing however far the others get) {
  // 46 MB: far more than may be put aside for the paused one.
  const auto text = many_lines(200'000);
  folder.write("t.ndjson", text);
  const auto wanted = split_of(text, 2, id_in);
  CAF_REQUIRE_EQUAL(wanted.size(), 2u);
  auto in = open(2);
  heard news;
  start_all(*in, 2);
  in->pause({"t", 0});
  read_to_the_end(*in, news, 1);
  CAF_CHECK_EQUAL((news.counts[{"t", 0}]), 0u);
  CAF_CHECK((values_of(news, {"t", 1}) == wanted.at(1)));
  in->resume({"t", 0});
  read_to_the_end(*in, news, 2);
  CAF_CHECK((values_of(news, {"t", 0}) == wanted.at(0)));
}

CAF_TEST(partitions that take turns at being paused each get all) {
  for (const auto* name : {"t.ndjson", "t.ndjson.zst"}) {
    const auto text = many_lines(150'000);
    folder.write(name, std::string_view{name}.ends_with("zst") ? zstd_packed(text) : text);
    const auto wanted = split_of(text, 2, id_in);
    auto in = open(2);
    heard news;
    start_all(*in, 2);
    // Each in turn runs 8 MiB ahead of the other, so both fall off the shared cursor and meet again.
    std::int32_t running = 0;
    in->pause({"t", 1});
    std::size_t since = 0;
    while (news.ends.size() < 2) {
      const auto before = news.total;
      news.take(in->poll(milliseconds{0}));
      since += news.total - before;
      if (since > 35'000 || news.ends.contains({"t", running})) {
        in->pause({"t", running});
        running = 1 - running;
        in->resume({"t", running});
        since = 0;
      }
    }
    for (std::int32_t p = 0; p < 2; ++p)
      CAF_CHECK((values_of(news, {"t", p}) == wanted.at(p)));
    std::filesystem::remove(folder.path() + "/" + name);
  }
}

CAF_TEST(one message can be read anywhere without disturbing) {
  const auto text = many_lines(2'000);
  folder.write("t.ndjson", text);
  const auto wanted = split_of(text, 2, id_in);
  auto in = open(2);
  start_all(*in, 2);
  for (const std::int64_t offset : {0, 57, 799}) {
    const auto got = in->read_one({"t", 1}, offset).value();
    CAF_REQUIRE(got.has_value());
    CAF_REQUIRE_EQUAL((*got)->messages.size(), 1u);
    CAF_CHECK_EQUAL((*got)->messages[0].offset, offset);
    CAF_CHECK((*got)->messages[0].value == wanted.at(1)[static_cast<std::size_t>(offset)]);
  }
  CAF_CHECK(!in->read_one({"t", 1}, static_cast<std::int64_t>(wanted.at(1).size())).value());
  heard news;
  read_to_the_end(*in, news, 2);
  CAF_CHECK_EQUAL(news.total, 2'000u);
}

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

CAF_TEST(any file under any pauses and starts is split as by the definition) {
  CAF_CHECK(rc::check([this] {
    const auto lines = *rc::gen::container<std::vector<std::string>>(
        rc::gen::oneOf(rc::gen::map(rc::gen::inRange(0, 20),
                                    [](int id) { return fmt::format("{{\"id\":\"k{}\",\"x\":[{}]}}", id, id); }),
                       rc::gen::element<std::string>("", "  ", "null", "{\"x\":1}", "broken {", "{\"id\":\"\"}")));
    const auto partitions = *rc::gen::inRange(1, 5);
    std::string text;
    for (const auto& line : lines)
      text += line + "\n";
    folder.write("t.ndjson", text);
    const auto wanted =
        split_of(text, partitions, [](const std::string& line) { return line[0] == '{' ? id_in(line) : std::nullopt; });
    auto in = open(partitions);
    heard news;
    std::map<topic_partition, std::int64_t> from;
    std::map<topic_partition, bool> paused;
    const auto at_random = [&] {
      for (std::int32_t p = 0; p < partitions; ++p) {
        const topic_partition which{"t", p};
        if (!from.contains(which) && *rc::gen::arbitrary<bool>()) {
          from[which] = *rc::gen::inRange(0, 6);
          RC_ASSERT(in->start(which, {start_offset::where::at, from[which]}).has_value());
        }
        paused[which] = *rc::gen::arbitrary<bool>();
        paused[which] ? in->pause(which) : in->resume(which);
      }
    };
    for (int i = 0; i < 10; ++i) {
      at_random();
      const auto counts = news.counts;
      news.take(in->poll(milliseconds{0}));
      for (const auto& [which, count] : news.counts)
        RC_ASSERT(!paused[which] || count == (counts.contains(which) ? counts.at(which) : 0u));
    }
    for (std::int32_t p = 0; p < partitions; ++p) {
      const topic_partition which{"t", p};
      if (!from.contains(which)) {
        from[which] = 0;
        RC_ASSERT(in->start(which, {}).has_value());
      }
      in->resume(which);
    }
    for (int i = 0; i < 1'000 && news.ends.size() < static_cast<std::size_t>(partitions); ++i)
      news.take(in->poll(milliseconds{0}));
    for (std::int32_t p = 0; p < partitions; ++p) {
      const topic_partition which{"t", p};
      auto tail = wanted.contains(p) ? wanted.at(p) : std::vector<std::string>{};
      RC_ASSERT(news.ends.contains(which));
      RC_ASSERT(news.ends[which] == static_cast<std::int64_t>(tail.size()));
      tail.erase(tail.begin(),
                 tail.begin() + std::min<std::ptrdiff_t>(from[which], static_cast<std::ptrdiff_t>(tail.size())));
      RC_ASSERT(values_of(news, which) == tail);
    }
  }));
}

CAF_TEST_FIXTURE_SCOPE_END()
