#define CAF_SUITE transport.file_consumer

#include "file_fixture.hpp"

using namespace throng;
using namespace throng::transport;
using namespace throng::transport::testing;

CAF_TEST_FIXTURE_SCOPE(file_consumer_tests, file_fixture)

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
