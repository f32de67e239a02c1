#define CAF_SUITE sources.http_message

#include "sources/http_message.hpp"

#include <caf/test/unit_test.hpp>

#include "config/percent_encoding.hpp"

using namespace throng::sources;

CAF_TEST(an origin has neither user nor path nor query) {
  CAF_CHECK_EQUAL(origin_of("https://me:s3cret@API.example:8443/v1/rows?key=hidden#x"), "https://api.example:8443");
  CAF_CHECK_EQUAL(origin_of("http://h?key=a@b"), "http://h");
  CAF_CHECK_EQUAL(origin_of("/relative"), "");
}

CAF_TEST(a link header gives its next link) {
  CAF_CHECK_EQUAL(
      next_of_link_header(R"(<https://h/a?p=1>; rel="prev", <https://h/a?p=3,4>; title="a, b; c"; rel="last next")"),
      "https://h/a?p=3,4");
  CAF_CHECK_EQUAL(next_of_link_header("</a>; REL=Next"), "/a");
  CAF_CHECK_EQUAL(next_of_link_header(R"(</a>; rel="nextish")"), "");
  CAF_CHECK_EQUAL(next_of_link_header(R"(</a>; title="rel=next")"), "");
  CAF_CHECK_EQUAL(next_of_link_header("</a"), "");
  CAF_CHECK_EQUAL(next_of_link_header(""), "");
}

CAF_TEST(a relative URL is seen from another) {
  const std::string base = "https://h:1/v1/rows?page=1";
  CAF_CHECK_EQUAL(resolve_url(base, "https://other/x"), "https://other/x");
  CAF_CHECK_EQUAL(resolve_url(base, "//other/x"), "https://other/x");
  CAF_CHECK_EQUAL(resolve_url(base, "/v2?u=http://x/"), "https://h:1/v2?u=http://x/");
  CAF_CHECK_EQUAL(resolve_url(base, "?page=2"), "https://h:1/v1/rows?page=2");
  CAF_CHECK_EQUAL(resolve_url(base, "more"), "https://h:1/v1/more");
  CAF_CHECK_EQUAL(resolve_url("https://h", "more"), "https://h/more");
}

CAF_TEST(what is not plain is encoded) {
  CAF_CHECK_EQUAL(throng::config::percent_encoded("a-Z_0.~ é&="), "a-Z_0.~%20%C3%A9%26%3D");
}
