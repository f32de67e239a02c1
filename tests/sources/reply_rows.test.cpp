#define CAF_SUITE sources.reply_rows

#include "sources/reply_rows.hpp"

#include <caf/test/unit_test.hpp>

using namespace throng;
using namespace throng::config;
using namespace throng::sources;

namespace {

using texts = std::vector<std::string>;

http_reply reply(std::string body, std::string link = {}) {
  http_reply made;
  made.status = 200;
  made.body = std::move(body);
  made.link = std::move(link);
  return made;
}

ingest rows_at(std::string at, ingest_rows::shape as = ingest_rows::shape::objects, texts names = {}) {
  ingest made;
  made.rows = {std::move(at), as, std::move(names)};
  return made;
}

texts rows(const std::string& body, const ingest& how) {
  auto read = read_reply(reply(body), how);
  CAF_REQUIRE(read);
  return read->rows;
}

std::string next(const http_reply& from, const ingest& how) {
  auto read = read_reply(from, how);
  CAF_REQUIRE(read);
  return read->next;
}

} // namespace

CAF_TEST(objects stand in an array or alone and keep their numbers) {
  CAF_CHECK((rows(R"({"r": [{"a": 1.50}, {"a": 12345678901234567890}]})", rows_at("r")) ==
             texts{R"({"a": 1.50})", R"({"a": 12345678901234567890})"}));
  CAF_CHECK((rows(R"({"r": {"in": {"a": 1}}})", rows_at("r.in")) == texts{R"({"a": 1})"}));
  CAF_CHECK((rows(R"([{"a": 1}])", rows_at("")) == texts{R"({"a": 1})"}));
  CAF_CHECK(rows(R"({"r": []})", rows_at("r")).empty());
}

CAF_TEST(columns become rows) {
  const auto how = rows_at("hourly", ingest_rows::shape::columns);
  CAF_CHECK((rows(R"({"hourly": {"time": ["t0", "t1"], "unit": "x", "pm10": [1.0, null]}})", how) ==
             texts{R"({"time":"t0","pm10":1.0})", R"({"time":"t1","pm10":null})"}));
}

CAF_TEST(arrays become rows by the names of their elements) {
  const auto how = rows_at("", ingest_rows::shape::arrays, {"time", "low"});
  CAF_CHECK((rows(R"([[1, 2.50, 3], [4], []])", how) == texts{R"({"time":1,"low":2.50})", R"({"time":4})", "{}"}));
}

CAF_TEST(what is no JSON may come right and rows that are not there will not ) {
  for (const auto* body : {"", "<html>busy</html>", R"({"r": [{"a": 1}, {"a")", "\xff"}) {
    auto read = read_reply(reply(body), rows_at("r"));
    CAF_REQUIRE(!read);
    CAF_CHECK(read.error().retryable);
  }
  for (const auto* body : {R"({"error": "no"})", R"({"r": 5})", R"({"r": [1]})", R"({"r": null})"}) {
    auto read = read_reply(reply(body), rows_at("r"));
    CAF_REQUIRE(!read);
    CAF_CHECK(!read.error().retryable);
  }
}

CAF_TEST(the next page is where it was said to be) {
  auto how = rows_at("r");
  how.paging.by = paging_kind::cursor;
  how.paging.at = "meta.next";
  CAF_CHECK_EQUAL(next(reply(R"({"r": [], "meta": {"next": "a\/b"}})"), how), "a/b");
  CAF_CHECK_EQUAL(next(reply(R"({"r": [], "meta": {"next": 17}})"), how), "17");
  for (const auto* none :
       {R"({"r": [], "meta": {"next": null}})", R"({"r": []})", R"({"r": [], "meta": {"next": ""}})"})
    CAF_CHECK_EQUAL(next(reply(none), how), "");
  how.paging = {};
  how.paging.by = paging_kind::link;
  CAF_CHECK_EQUAL(next(reply(R"({"r": []})", R"(</n>; rel="next")"), how), "/n");
}
