#define CAF_SUITE service.http_router

#include "caf/test/dsl.hpp"

#include <stdexcept>
#include <string>

#include <boost/json/parse.hpp>

#include "config/percent_encoding.hpp"
#include "service/http/access.hpp"
#include "service/http/endpoint.hpp"
#include "service/http/event_hub.hpp"
#include "service/http/problem.hpp"
#include "service/http/router.hpp"
#include "service/http/target.hpp"

using namespace throng;
using namespace throng::service::http;

namespace {

request asking(std::string method, const std::string& target) {
  auto parsed = parse_target(target).value();
  request made;
  made.method = std::move(method);
  made.path = parsed.path;
  made.query = parsed.query;
  made.headers = {{"host", "127.0.0.1:8080"}};
  return made;
}

std::string detail(const response& of) {
  return std::string{boost::json::parse(of.body).at("detail").as_string()};
}

/// 0: none.
unsigned refusal(const request& asked, const access_rules& rules) {
  auto refused = refuse(asked, rules);
  return refused ? refused->status : 0;
}

std::string body(const response& of) {
  return of.body;
}

response text(const std::string& body) {
  response made;
  made.body = body;
  return made;
}

} // namespace

CAF_TEST(a target is taken apart and its escapes are decoded) {
  auto got = parse_target("/api/entities/a%2Fb%20c?limit=5&where=%7B%22a%22%3A+1%7D&flag").value();
  CAF_CHECK(got.path == (std::vector<std::string>{"api", "entities", "a/b c"}));
  CAF_CHECK(got.query == (text_pairs{{"limit", "5"}, {"where", "{\"a\": 1}"}, {"flag", ""}}));
  auto root = parse_target("/").value();
  CAF_CHECK(root.path.empty());
  auto escaped = parse_target("/" + config::percent_encoded("a/b c\"%é")).value();
  CAF_CHECK_EQUAL(escaped.path.front(), "a/b c\"%é");
}

CAF_TEST(a target that climbs out or is damaged is refused) {
  for (const auto* bad :
       {"", "api", "http://host/", "/../etc/passwd", "/api/..", "/api/%2e%2E/x", "/api//x", "/api/", "/%2", "/%zz",
        "/%00", "/a%0d%0ab", "/%ff", "/%c0%ae%c0%ae", "/%ed%a0%80", "/a?b=%", "/a?b=%01"})
    CAF_CHECK_EQUAL(parse_target(bad) ? bad : std::string{}, "");
}

CAF_TEST(a route is found by method and path and names what it captured) {
  router routes;
  routes.add("GET", "/api/entities/{id}", [](const request& asked) { return text(asked.captured.at("id")); });
  routes.add("GET", "/api/world", [](const request&) { return text("world"); });
  routes.add("PATCH", "/api/world", [](const request&) { return text("changed"); });
  CAF_CHECK_EQUAL(body(routes.answer(asking("GET", "/api/entities/sensor-000042"))), "sensor-000042");
  CAF_CHECK_EQUAL(body(routes.answer(asking("HEAD", "/api/world"))), "world");
  CAF_CHECK_EQUAL(body(routes.answer(asking("PATCH", "/api/world"))), "changed");
  auto missing = routes.answer(asking("GET", "/api/entities"));
  CAF_CHECK_EQUAL(missing.status, 404u);
  CAF_CHECK_EQUAL(missing.content_type, "application/problem+json");
  auto refused = routes.answer(asking("DELETE", "/api/world"));
  CAF_CHECK_EQUAL(refused.status, 405u);
  CAF_CHECK(refused.headers == (text_pairs{{"Allow", "GET, PATCH"}}));
}

CAF_TEST(what a handler throws is not told to the client) {
  router routes;
  routes.add("GET", "/", [](const request&) -> response { throw std::runtime_error("password is xyzzy"); });
  auto answer = routes.answer(asking("GET", "/"));
  CAF_CHECK_EQUAL(answer.status, 500u);
  CAF_CHECK(answer.body.find("xyzzy") == std::string::npos);
}

CAF_TEST(a problem has the sentence of the error and a status that fits) {
  auto made = problem(error{error_kind::not_found, "there is no pipeline \"x\""});
  CAF_CHECK_EQUAL(made.status, 404u);
  auto tree = boost::json::parse(made.body);
  CAF_CHECK_EQUAL(tree.at("title").as_string(), "Not Found");
  CAF_CHECK_EQUAL(tree.at("status").as_int64(), 404);
  CAF_CHECK_EQUAL(detail(made), "there is no pipeline \"x\"");
  auto several =
      problem(config::problems{{"", 0, 0, "trouble.late", "2 is too much"}, {"", 0, 0, "speed", "-1 is too slow"}});
  CAF_CHECK_EQUAL(several.status, 422u);
  auto each = boost::json::parse(several.body).at("problems").as_array();
  CAF_REQUIRE_EQUAL(each.size(), 2u);
  CAF_CHECK_EQUAL(each[1].at("path").as_string(), "speed");
  CAF_CHECK_EQUAL(each[1].at("detail").as_string(), "-1 is too slow");
}

CAF_TEST(on loopback only names of this machine are answered) {
  auto asked = asking("GET", "/api/world");
  for (const auto* host : {"localhost", "127.0.0.1:8080", "[::1]:8080"}) {
    asked.headers = {{"host", host}};
    CAF_CHECK(!refuse(asked, {true, ""}));
  }
  for (const auto* host :
       {"evil.example", "evil.example:8080", "", "localhost.evil.example", "127.0.0.1.evil.example"}) {
    asked.headers = {{"host", host}};
    CAF_CHECK_EQUAL(refusal(asked, {true, ""}), 421u);
    CAF_CHECK(!refuse(asked, {false, ""}));
  }
}

CAF_TEST(beyond loopback a change needs the token) {
  auto asked = asking("POST", "/api/world/pause");
  CAF_CHECK_EQUAL(refusal(asked, {false, ""}), 403u);
  CAF_CHECK_EQUAL(refusal(asked, {false, "secret"}), 401u);
  for (const auto* wrong : {"Bearer ", "Bearer secre", "Bearer secrets", "Bearer secret ", "secret", "Basic secret"}) {
    asked.headers = {{"host", "h"}, {"authorization", wrong}};
    CAF_CHECK_EQUAL(refusal(asked, {false, "secret"}), 401u);
  }
  for (const auto* right : {"Bearer secret", "bearer secret", "BEARER secret"}) {
    asked.headers = {{"host", "h"}, {"authorization", right}};
    CAF_CHECK(!refuse(asked, {false, "secret"}));
  }
  asked.method = "GET";
  asked.headers = {{"host", "h"}};
  CAF_CHECK(!refuse(asked, {false, "secret"}));
}

CAF_TEST(a page of another origin changes nothing) {
  auto asked = asking("POST", "/api/world/pause");
  asked.headers = {{"host", "127.0.0.1:8080"}, {"origin", "https://evil.example"}};
  CAF_CHECK_EQUAL(refusal(asked, {true, ""}), 403u);
  asked.headers = {{"host", "127.0.0.1:8080"}, {"origin", "null"}};
  CAF_CHECK_EQUAL(refusal(asked, {true, ""}), 403u);
  asked.headers = {{"host", "127.0.0.1:8080"}, {"sec-fetch-site", "cross-site"}};
  CAF_CHECK_EQUAL(refusal(asked, {true, ""}), 403u);
  asked.headers = {{"host", "127.0.0.1:8080"}, {"origin", "http://127.0.0.1:8080"}, {"sec-fetch-site", "same-origin"}};
  CAF_CHECK(!refuse(asked, {true, ""}));
  asked.body = "{}";
  asked.headers = {{"host", "127.0.0.1:8080"}, {"content-type", "text/plain"}};
  CAF_CHECK_EQUAL(refusal(asked, {true, ""}), 415u);
  asked.headers = {{"host", "127.0.0.1:8080"}, {"content-type", "application/json; charset=utf-8"}};
  CAF_CHECK(!refuse(asked, {true, ""}));
}

CAF_TEST(secrets are equal only if all of them is) {
  CAF_CHECK(same_secret("abc", "abc"));
  for (const auto* wrong : {"", "a", "abd", "abcabc", "abca"})
    CAF_CHECK(!same_secret(wrong, "abc"));
  CAF_CHECK(!same_secret("", ""));
}

CAF_TEST(an endpoint may leave out host or port) {
  auto shown = [](const std::string& given) { return to_string(parse_endpoint(given).value()); };
  CAF_CHECK_EQUAL(shown(""), "127.0.0.1:8080");
  CAF_CHECK_EQUAL(shown("9000"), "127.0.0.1:9000");
  CAF_CHECK_EQUAL(shown(":0"), "127.0.0.1:0");
  CAF_CHECK_EQUAL(shown("0.0.0.0"), "0.0.0.0:8080");
  CAF_CHECK_EQUAL(shown("example.org:80"), "example.org:80");
  CAF_CHECK_EQUAL(shown("[::1]:81"), "[::1]:81");
  for (const auto* bad : {"host:", "host:x", "host:65536", "99999", "host:-1", "a:b:c"})
    CAF_CHECK_EQUAL(parse_endpoint(bad) ? bad : std::string{}, "");
}

CAF_TEST(a reader gets events in order and goes on after the last it had) {
  event_hub hub;
  CAF_CHECK(hub.readers() == 0);
  auto reader = hub.subscribe({});
  hub.publish("alert", "1");
  hub.publish("alert", "2");
  CAF_CHECK_EQUAL(reader->take(), "id: 1\nevent: alert\ndata: 1\n\nid: 2\nevent: alert\ndata: 2\n\n");
  CAF_CHECK_EQUAL(reader->take(), "");
  CAF_CHECK_EQUAL(hub.subscribe(1)->take(), "id: 2\nevent: alert\ndata: 2\n\n");
  CAF_CHECK_EQUAL(hub.subscribe(2)->take(), "");
  // A number that this hub never gave is of a process that is gone: all that is kept is news.
  CAF_CHECK_EQUAL(hub.subscribe(3)->take(), "id: 1\nevent: alert\ndata: 1\n\nid: 2\nevent: alert\ndata: 2\n\n");
  CAF_CHECK(hub.readers() > 0);
  reader = nullptr;
  CAF_CHECK(hub.readers() == 0);
}

CAF_TEST(who comes back after more than is kept is told how many it lost) {
  event_hub hub;
  for (int i = 0; i < 2000; ++i)
    hub.publish("alert", "x");
  CAF_CHECK(hub.subscribe(5)->take().starts_with("event: lost\ndata: {\"events\":971}\n\nid: 977\n"));
  CAF_CHECK(hub.subscribe(976)->take().starts_with("id: 977\n")); // all that is kept
}

CAF_TEST(what came before a reader does not make it slow and what comes while it does not read is bounded) {
  event_hub hub;
  for (int i = 1; i <= 1000; ++i)
    hub.publish("n", "x");
  auto back = hub.subscribe(0);
  for (int i = 0; i < 256; ++i)
    hub.publish("n", "x");
  CAF_CHECK(back->take().starts_with("id: 1\n"));
  for (int i = 0; i < 257; ++i)
    hub.publish("n", "x");
  CAF_CHECK(back->take().starts_with("event: lost\ndata: {\"events\":1}\n\nid: 1258\n"));
}

CAF_TEST(an observer sees every answer under its route and never under its path) {
  router routes;
  routes.add("GET", "/things/{id}", [](const request&) { return text("x"); });
  std::string seen;
  routes.observe([&](const std::string& method, const std::string& pattern, unsigned status, std::chrono::nanoseconds) {
    seen += method + " " + pattern + " " + std::to_string(status) + ";";
  });
  routes.answer(asking("GET", "/things/7"));
  routes.answer(asking("POST", "/things/7"));
  routes.answer(asking("GET", "/nothing"));
  CAF_CHECK_EQUAL(seen, "GET /things/{id} 200;POST  405;GET  404;");
}

CAF_TEST(a slow reader holds nobody up and is told how many it lost) {
  event_hub hub;
  auto slow = hub.subscribe({});
  int calls = 0;
  slow->on_news([&] { ++calls; });
  for (int i = 1; i <= 300; ++i)
    hub.publish("n", std::to_string(i));
  CAF_CHECK_EQUAL(calls, 1);
  auto got = slow->take();
  CAF_CHECK(got.starts_with("event: lost\ndata: {\"events\":44}\n\nid: 45\n"));
  CAF_CHECK(got.ends_with("data: 300\n\n"));
}
