#define CAF_SUITE sources.page_walk

#include "sources/page_walk.hpp"

#include <algorithm>

#include <caf/test/unit_test.hpp>

using namespace throng;
using namespace throng::config;
using namespace throng::sources;

namespace {

ingest paged(paging_kind by, std::int64_t size = 0) {
  ingest made;
  made.name = "n";
  made.url = "https://api.example/v1/rows";
  made.paging.by = by;
  made.paging.parameter = "p";
  made.paging.size = size;
  made.paging.first = by == paging_kind::offset ? 0 : 1;
  return made;
}

std::string url_at(const ingest& how, const page_place& at) {
  auto made = request_of(how, at);
  CAF_REQUIRE(made);
  return made->url;
}

std::string request_hash(const ingest& how) {
  return sources_of(how)[0].request;
}

std::string place_behind(const ingest& how, const std::string& next) {
  return step_from(how, "", 1, next).next;
}

bool has(const http_request& request, const std::string& header) {
  return std::find(request.headers.begin(), request.headers.end(), header) != request.headers.end();
}

} // namespace

CAF_TEST(a page is asked for by its number with its size) {
  auto how = paged(paging_kind::page, 500);
  how.paging.size_parameter = "size";
  how.query = {{"q", "a b&c"}};
  CAF_CHECK_EQUAL(url_at(how, ""), "https://api.example/v1/rows?q=a%20b%26c&size=500&p=1");
  const auto next = step_from(how, "", 500, "");
  CAF_CHECK(next.end == walk_end::none);
  CAF_CHECK_EQUAL(url_at(how, next.next), "https://api.example/v1/rows?q=a%20b%26c&size=500&p=2");
}

CAF_TEST(an offset rises by the rows that came) {
  auto how = paged(paging_kind::offset);
  auto step = step_from(how, "", 30, "");
  CAF_CHECK_EQUAL(step.next, "30");
  step = step_from(how, step.next, 12, "");
  CAF_CHECK_EQUAL(step.next, "42");
}

CAF_TEST(a walk ends at a short or an empty page and stays there) {
  for (auto by : {paging_kind::page, paging_kind::offset}) {
    auto how = paged(by, 10);
    auto step = step_from(how, "7", 9, "");
    CAF_CHECK(step.end == walk_end::short_page);
    CAF_CHECK_EQUAL(step.next, "7");
    step = step_from(how, "7", 0, "");
    CAF_CHECK(step.end == walk_end::empty_page);
    CAF_CHECK_EQUAL(step.next, "7");
    how.paging.size = 0;
    CAF_CHECK(step_from(how, "7", 9, "").end == walk_end::none);
  }
  CAF_CHECK(step_from(paged(paging_kind::none), "", 5, "").end == walk_end::single_page);
}

CAF_TEST(cursors and links go on as the reply says even behind a short page) {
  for (auto by : {paging_kind::cursor, paging_kind::link}) {
    auto how = paged(by, 10);
    auto step = step_from(how, "", 3, "x2");
    CAF_CHECK(step.end == walk_end::none);
    CAF_CHECK_EQUAL(step.next, "x2");
    CAF_CHECK(step_from(how, "x2", 10, "").end == walk_end::no_next);
    CAF_CHECK(step_from(how, "x2", 10, "x2").end == walk_end::repeated_page);
    CAF_CHECK(step_from(how, "x2", 0, "x3").end == walk_end::empty_page);
  }
  CAF_CHECK_EQUAL(url_at(paged(paging_kind::cursor), ""), "https://api.example/v1/rows");
  CAF_CHECK_EQUAL(url_at(paged(paging_kind::cursor), "a/b"), "https://api.example/v1/rows?p=a%2Fb");
}

CAF_TEST(a link is followed on its own host only) {
  const auto how = paged(paging_kind::link);
  CAF_CHECK_EQUAL(url_at(how, "?after=5"), "https://api.example/v1/rows?after=5");
  CAF_CHECK_EQUAL(url_at(how, "https://API.example/v1/more"), "https://API.example/v1/more");
  for (const auto* elsewhere : {"https://evil.example/v1/rows", "http://api.example/v1/rows", "//evil.example/"}) {
    const auto refused = request_of(how, elsewhere);
    CAF_REQUIRE(!refused);
    CAF_CHECK(!refused.error().retryable);
  }
}

CAF_TEST(each way to say who asks) {
  auto how = paged(paging_kind::none);
  how.auth = {ingest_auth::scheme::bearer, "", "t0ken"};
  CAF_CHECK(has(*request_of(how, ""), "Authorization: Bearer t0ken"));
  how.auth = {ingest_auth::scheme::basic, "Aladdin", "open sesame"}; // RFC 7617's example
  CAF_CHECK(has(*request_of(how, ""), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  how.auth = {ingest_auth::scheme::header, "X-Api-Key", "k"};
  CAF_CHECK(has(*request_of(how, ""), "X-Api-Key: k"));
  how.auth = {ingest_auth::scheme::query, "key", "k&1"};
  CAF_CHECK_EQUAL(url_at(how, ""), "https://api.example/v1/rows?key=k%261");
}

CAF_TEST(a remembered link does not hold the key) {
  auto how = paged(paging_kind::link);
  how.auth = {ingest_auth::scheme::query, "key", "hidden"};
  for (const auto& [given, kept] :
       std::vector<std::pair<std::string, std::string>>{{"/r?key=hidden&after=5", "/r?after=5"},
                                                        {"/r?after=5&key=hidden", "/r?after=5"},
                                                        {"/r?key=hidden", "/r"},
                                                        {"/r?monkey=hidden", "/r?monkey=hidden"},
                                                        {"/r?a=1&key=hidden&b=2", "/r?a=1&b=2"}})
    CAF_CHECK_EQUAL(place_behind(how, given), kept);
  CAF_CHECK_EQUAL(url_at(how, "/r?after=5"), "https://api.example/r?after=5&key=hidden");
}

CAF_TEST(for_each makes a source each with a name and a request of its own) {
  ingest how = paged(paging_kind::page);
  how.url = "https://api.example/{region}";
  how.params = {{"region", "x"}, {"year", "2026"}};
  how.query = {{"d", "{department}"}};
  how.add = {{"department", "{department}"}};
  how.for_each = {{{"department", "69"}}, {{"department", "01"}, {"region", "y z"}}};
  const auto made = sources_of(how);
  CAF_REQUIRE_EQUAL(made.size(), 2u);
  CAF_CHECK_EQUAL(made[0].id, "n/department=69/region=x/year=2026");
  CAF_CHECK_EQUAL(made[1].id, "n/department=01/region=y%20z/year=2026");
  CAF_CHECK_EQUAL(url_at(made[0].how, ""), "https://api.example/x?d=69&p=1");
  CAF_CHECK_EQUAL(made[1].how.add[0].second, "01");
  CAF_CHECK(made[0].request != made[1].request);
}

CAF_TEST(a position is worth nothing to another request but a new key is the same one) {
  ingest how = paged(paging_kind::page);
  const auto before = request_hash(how);
  how.auth = {ingest_auth::scheme::bearer, "", "new"};
  how.every = milliseconds{1};
  CAF_CHECK_EQUAL(request_hash(how), before);
  how.query = {{"a", "b"}};
  CAF_CHECK(request_hash(how) != before);
}
