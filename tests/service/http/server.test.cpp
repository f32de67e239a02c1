#define CAF_SUITE service.http_server

#include "caf/test/dsl.hpp"

#include <atomic>
#include <future>
#include <string>
#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

#include "service/http/event_hub.hpp"
#include "service/http/server.hpp"

using namespace throng::service::http;

namespace {

using tcp = boost::asio::ip::tcp;

/// A client that says what it is told to, and reads until the server closes.
class raw_client {
public:
  explicit raw_client(const server& to)
      : socket_(io_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), to.address().port});
  }
  void say(const std::string& bytes) {
    boost::system::error_code ignored; // the server may have closed already: what it said before counts
    boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
  }
  std::string all() {
    std::string got;
    boost::system::error_code until_end;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(got), until_end);
    return got;
  }
  std::string until(const std::string& end) {
    std::string got;
    char one = 0;
    boost::system::error_code code;
    while (!got.ends_with(end) && boost::asio::read(socket_, boost::asio::buffer(&one, 1), code) == 1)
      got += one;
    return got;
  }

private:
  boost::asio::io_context io_;
  tcp::socket socket_;
};

router echo() {
  router routes;
  routes.add("GET", "/", [](const request&) { return response{200, "text/plain", "here", {}, nullptr}; });
  routes.add("POST", "/", [](const request& asked) { return response{200, "text/plain", asked.body, {}, nullptr}; });
  return routes;
}

std::unique_ptr<server> serve(router routes, limits bounds = {}) {
  return server::start({"127.0.0.1", 0}, std::move(routes), {}, bounds).value();
}

const std::string get = "GET / HTTP/1.1\r\nHost: localhost\r\n";
const std::string last = "Connection: close\r\n\r\n";

} // namespace

CAF_TEST(requests of one connection are answered one after the other) {
  auto running = serve(echo());
  raw_client client{*running};
  client.say(get + "\r\n" + get + "\r\n" + get + last);
  auto got = client.all();
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = got.find("HTTP/1.1 200 OK\r\n", at)) != std::string::npos; ++at)
    ++answers;
  CAF_CHECK_EQUAL(answers, 3u);
  CAF_CHECK(got.ends_with("\r\n\r\nhere"));
  CAF_CHECK(got.find("Cache-Control: no-store\r\n") != std::string::npos);
  CAF_CHECK(got.find("Access-Control") == std::string::npos);
}

CAF_TEST(a body may wait for the server to say continue) {
  auto running = serve(echo());
  raw_client client{*running};
  client.say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
             "Expect: 100-continue\r\n" +
             last);
  CAF_CHECK_EQUAL(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("{}");
  CAF_CHECK(client.all().ends_with("\r\n\r\n{}"));
}

CAF_TEST(headers and bodies over the limit are refused before they are read whole) {
  auto running = serve(echo());
  raw_client headers{*running};
  std::string many = get;
  for (int i = 0; i < 200'000; ++i)
    many += "x" + std::to_string(i) + ": y\r\n";
  headers.say(many + "\r\n");
  CAF_CHECK(headers.all().starts_with("HTTP/1.1 431 "));
  raw_client announced{*running};
  announced.say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000000\r\n\r\n");
  CAF_CHECK(announced.all().starts_with("HTTP/1.1 413 "));
  raw_client chunked{*running};
  std::string chunk = "40000\r\n" + std::string(0x40000, 'x') + "\r\n";
  chunked.say("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk +
              chunk + chunk);
  CAF_CHECK(chunked.all().starts_with("HTTP/1.1 413 "));
  raw_client nonsense{*running};
  nonsense.say("\x16\x03\x01 hello\r\n\r\n");
  CAF_CHECK(nonsense.all().starts_with("HTTP/1.1 400 "));
}

CAF_TEST(a client that never ends its request is cut off and one too many is told so) {
  limits bounds;
  bounds.patience = std::chrono::milliseconds{200};
  bounds.connections = 1;
  auto running = serve(echo(), bounds);
  raw_client dripping{*running};
  dripping.say("GET / HTTP/1.1\r\nHost: lo");
  raw_client other{*running};
  CAF_CHECK(other.all().starts_with("HTTP/1.1 503 "));
  CAF_CHECK_EQUAL(dripping.all(), "");
}

CAF_TEST(a handler that takes its time holds up no other client) {
  std::promise<void> let_go;
  auto held = let_go.get_future().share();
  auto routes = echo();
  routes.add("GET", "/slow", [held](const request&) {
    held.wait();
    return response{};
  });
  auto running = serve(std::move(routes));
  raw_client slow{*running};
  slow.say("GET /slow HTTP/1.1\r\nHost: localhost\r\n" + last);
  raw_client quick{*running};
  quick.say(get + last);
  CAF_CHECK(quick.all().ends_with("here"));
  let_go.set_value();
  CAF_CHECK(slow.all().starts_with("HTTP/1.1 200 OK"));
}

CAF_TEST(events reach their reader as they are published) {
  event_hub hub;
  router routes;
  routes.add("GET", "/events", [&hub](const request&) {
    response made;
    made.events = hub.subscribe({});
    return made;
  });
  auto running = serve(std::move(routes));
  raw_client reader{*running};
  reader.say("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CAF_CHECK(reader.until("stream\n\n").find("Content-Type: text/event-stream\r\n") != std::string::npos);
  hub.publish("alert", "{\"n\":1}");
  CAF_CHECK_EQUAL(reader.until("\n\n"), "id: 1\nevent: alert\ndata: {\"n\":1}\n\n");
  hub.publish("alert", "{\"n\":2}");
  CAF_CHECK_EQUAL(reader.until("\n\n"), "id: 2\nevent: alert\ndata: {\"n\":2}\n\n");
}

CAF_TEST(a server whose listening socket fails says so and ends cleanly) {
  auto running = serve(echo());
  CAF_CHECK(!running->failure());
  for (int fd = 3; fd < 1024; ++fd) { // nobody else in this process listens
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0)
      ::shutdown(fd, SHUT_RDWR);
  }
  while (!running->failure())
    std::this_thread::yield();
  auto why = running->failure().value().message;
  CAF_CHECK_EQUAL(why, "cannot serve at " + to_string(running->address()) + " any more: Invalid argument");
}
