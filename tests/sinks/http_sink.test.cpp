// What a server answers row by row, or does not: in the end each row is there once or among the refused.
#define CAF_SUITE sinks.http_sink

#include "sinks/http_sink.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck.h>

using namespace throng;
using namespace throng::sinks;

namespace {

analytics::sink_rows rows_of(std::int64_t first, std::int64_t count, std::uint64_t generation = 1) {
  analytics::sink_rows rows;
  rows.sink = "sink:p:s";
  rows.topic = rows.name = "clicks";
  rows.partition = 2;
  rows.generation = generation;
  for (auto i = first; i < first + count; ++i) {
    const auto value = fmt::format("{{\"n\": {}}}", i);
    rows.add({i, 1'767'600'000'000, "k", value});
  }
  return rows;
}

config::sink sink_of(config::sink_format format) {
  config::sink made;
  made.name = "s";
  made.to = "http://server/index";
  made.format = format;
  return made;
}

std::vector<std::string> lines_of(const std::string& body) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = body.find('\n', at);
    lines.push_back(body.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Takes bulk requests and lines; says of each row and of each request what the test wants.
struct server {
  std::map<std::string, std::string> documents; ///< by id; of lines by their offset
  std::vector<std::size_t> requests;            ///< rows of each
  std::vector<std::int64_t> refused;            ///< by offset
  std::function<int(std::int64_t offset)> item = [](std::int64_t) { return 201; };
  std::function<int(std::size_t rows)> whole = [](std::size_t) { return 200; };
  std::string garbage; ///< in the place of an answer; empty: none

  http_sink::poster bulk() {
    return [this](const std::string& body) -> expected<http_answer> {
      const auto lines = lines_of(body);
      requests.push_back(lines.size() / 2);
      if (const auto status = whole(lines.size() / 2); status != 200)
        return status == 0 ? expected<http_answer>{fail(error_kind::unavailable, "gone", true)}
                           : http_answer{status, {}};
      std::string items;
      for (std::size_t i = 0; i < lines.size(); i += 2) {
        const auto document = boost::json::parse(lines[i + 1]).as_object();
        const auto offset = document.at("_offset").as_int64();
        const auto status = item(offset);
        if (status < 300)
          documents[std::string{boost::json::parse(lines[i]).at("index").at("_id").as_string()}] = lines[i + 1];
        items += fmt::format(R"({}{{"index":{{"status":{},"error":{{"type":"t","reason":"r {}"}}}}}})",
                             items.empty() ? "" : ",", status, offset);
      }
      return http_answer{200, garbage.empty() ? R"({"errors":true,"items":[)" + items + "]}" : garbage};
    };
  }
  http_sink::poster lines() {
    return [this](const std::string& body) -> expected<http_answer> {
      const auto all = lines_of(body);
      requests.push_back(all.size());
      auto status = whole(all.size());
      for (const auto& line : all)
        if (const auto of_row = item(boost::json::parse(line).at("_offset").as_int64()); of_row >= 300)
          status = of_row;
      if (status < 300)
        for (const auto& line : all)
          documents[std::to_string(boost::json::parse(line).at("_offset").as_int64())] += line;
      return http_answer{status, {}};
    };
  }
  http_sink::refuser refuser() {
    return [this](const analytics::sink_rows&, const analytics::sink_row& row, const std::string&) -> expected<void> {
      refused.push_back(row.offset);
      return {};
    };
  }
};

} // namespace

CAF_TEST(a bulk request names each row by where it stood) {
  server to;
  http_sink sut{sink_of(config::sink_format::elasticsearch), to.bulk(), to.refuser()};
  CAF_REQUIRE(sut.put(rows_of(7, 2)));
  CAF_REQUIRE_EQUAL(to.documents.size(), 2u);
  CAF_CHECK_EQUAL(to.documents.at("clicks-2-7"),
                  R"({"n": 7,"_partition":2,"_offset":7,"_time":"2026-01-05T08:00:00.000Z","_key":"k"})");
}

CAF_TEST(a result is named by its own id) {
  auto rows = rows_of(7, 1);
  CAF_CHECK_EQUAL(row_id(rows, rows[0], config::sink_content::windows), "k");
  CAF_CHECK_EQUAL(row_id(rows, rows[0], config::sink_content::events), "clicks-2-7");
}

CAF_TEST(requests are bounded by rows and by bytes and one row always goes) {
  server to;
  http_sink by_rows{sink_of(config::sink_format::elasticsearch), to.bulk(), to.refuser(), {4, 1U << 20U}};
  CAF_REQUIRE(by_rows.put(rows_of(0, 10)));
  CAF_CHECK(to.requests == (std::vector<std::size_t>{4, 4, 2}));
  to.requests.clear();
  http_sink by_bytes{sink_of(config::sink_format::elasticsearch), to.bulk(), to.refuser(), {100, 10}};
  CAF_REQUIRE(by_bytes.put(rows_of(0, 3)));
  CAF_CHECK(to.requests == (std::vector<std::size_t>{1, 1, 1}));
}

CAF_TEST(only rows that a busy server did not take are sent again) {
  server to;
  to.item = [](std::int64_t offset) { return offset % 3 == 0 ? 429 : 201; };
  http_sink sut{sink_of(config::sink_format::elasticsearch), to.bulk(), to.refuser()};
  const auto rows = rows_of(0, 9);
  const auto busy = sut.put(rows);
  CAF_REQUIRE(!busy);
  CAF_CHECK(busy.error().retryable);
  to.item = [](std::int64_t) { return 200; };
  CAF_REQUIRE(sut.put(rows));
  CAF_CHECK(to.requests == (std::vector<std::size_t>{9, 3}));
  CAF_CHECK_EQUAL(to.documents.size(), 9u);
}

CAF_TEST(another claim forgets what was under way) {
  server to;
  to.item = [](std::int64_t) { return 503; };
  http_sink sut{sink_of(config::sink_format::elasticsearch), to.bulk(), to.refuser()};
  CAF_REQUIRE(!sut.put(rows_of(0, 4)));
  to.item = [](std::int64_t offset) { return offset == 0 ? 503 : 200; };
  CAF_REQUIRE(!sut.put(rows_of(0, 4, 2))); // the same rows under another generation
  CAF_CHECK_EQUAL(to.requests.back(), 4u);
  sut.forget("clicks", 2);
  CAF_REQUIRE(!sut.put(rows_of(0, 4, 2)));
  CAF_CHECK_EQUAL(to.requests.back(), 4u);
}

CAF_TEST(a row that the server refuses is given up and one that it may not have fails the sink) {
  server to;
  to.item = [](std::int64_t offset) { return offset == 1 ? 400 : 201; };
  http_sink sut{sink_of(config::sink_format::elasticsearch), to.bulk(), to.refuser()};
  CAF_REQUIRE(sut.put(rows_of(0, 3)));
  CAF_CHECK(to.refused == std::vector<std::int64_t>{1});
  for (const auto status : {401, 403, 404}) {
    to.item = [=](std::int64_t) { return status; };
    const auto done = sut.put(rows_of(3, 2));
    CAF_REQUIRE(!done);
    CAF_CHECK(!done.error().retryable);
  }
  CAF_CHECK_EQUAL(to.refused.size(), 1u);
}

CAF_TEST(an answer that does not say what became of each row is no answer) {
  server to;
  http_sink sut{sink_of(config::sink_format::elasticsearch), to.bulk(), to.refuser()};
  for (const auto* garbage :
       {"<html>", "{}", R"({"items":[]})", R"({"items":[{},{}]})", R"({"items":[{"index":{"status":"x"}},7]})"}) {
    to.garbage = garbage;
    const auto done = sut.put(rows_of(0, 2));
    CAF_REQUIRE(!done);
    CAF_CHECK(done.error().retryable);
  }
}

CAF_TEST(of lines a row that makes a request fail is found by halves) {
  server to;
  to.item = [](std::int64_t offset) { return offset == 5 ? 422 : 200; };
  http_sink sut{sink_of(config::sink_format::ndjson), to.lines(), to.refuser()};
  CAF_REQUIRE(sut.put(rows_of(0, 8)));
  CAF_CHECK(to.refused == std::vector<std::int64_t>{5});
  CAF_CHECK_EQUAL(to.documents.size(), 7u);
  for (const auto status : {301, 404, 405}) {
    to.item = [=](std::int64_t) { return status; };
    const auto done = sut.put(rows_of(8, 2));
    CAF_REQUIRE(!done);
    CAF_CHECK(!done.error().retryable);
  }
}

CAF_TEST(whatever the server answers each row is there once or refused) {
  CAF_CHECK(rc::check([] {
    server to;
    const auto bad = *rc::gen::container<std::set<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 40));
    const auto most = *rc::gen::inRange<std::size_t>(1, 40);
    to.item = [&](std::int64_t offset) {
      return bad.contains(offset) ? 400 : *rc::gen::weightedElement<int>({{3, 201}, {1, 429}, {1, 503}});
    };
    to.whole = [&](std::size_t rows) {
      return rows > most ? 413 : *rc::gen::weightedElement<int>({{6, 200}, {1, 503}, {1, 0}});
    };
    http_sink sut{sink_of(config::sink_format::elasticsearch),
                  to.bulk(),
                  to.refuser(),
                  {*rc::gen::inRange<std::size_t>(1, 20), 100'000}};
    const auto rows = rows_of(0, 40);
    int tries = 0;
    for (;; ++tries) {
      if (tries > 200) { // patience has an end: then the server is well
        to.item = [&](std::int64_t offset) { return bad.contains(offset) ? 400 : 201; };
        to.whole = [&](std::size_t count) { return count > most ? 413 : 200; };
      }
      const auto done = sut.put(rows);
      if (done)
        break;
      RC_ASSERT(done.error().retryable);
    }
    for (std::int64_t i = 0; i < 40; ++i)
      RC_ASSERT(to.documents.contains("clicks-2-" + std::to_string(i)) != bad.contains(i));
    RC_ASSERT((std::set<std::int64_t>{to.refused.begin(), to.refused.end()}) == bad);
  }));
}
