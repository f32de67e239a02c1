// A webhook against a server of the test's own that answers as it is told, fails, hangs and answers slowly.
#define CAF_SUITE service.webhook

#include "service/webhook.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <caf/test/unit_test.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

using namespace throng;
using namespace throng::service;
namespace http = boost::beast::http;
using tcp = boost::asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

/// One connection after the other, each request answered with the next of the given statuses, and with 204 when they are used up. 0: no answer until let
/// go; -1: the connection is closed instead.
class scripted_server {
public:
  explicit scripted_server(std::deque<int> statuses)
      : statuses_(std::move(statuses))
      , acceptor_(context_, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0})
      , thread_([this] { run(); }) {}

  ~scripted_server() {
    let_go();
    {
      std::lock_guard guard{mutex_};
      ended_ = true;
    }
    tcp::socket poke{context_}; // accept() waits for somebody
    boost::system::error_code ignored;
    poke.connect(acceptor_.local_endpoint(), ignored);
    poke.close();
    thread_.join();
  }

  std::string url() const {
    return "http://user:s3cret@127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook?key=hidden";
  }

  using request = http::request<http::string_body>;
  std::vector<request> requests() {
    std::lock_guard guard{mutex_};
    return requests_;
  }
  /// Waits until so many have come.
  void await_requests(std::size_t n) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return requests_.size() >= n; });
  }
  void let_go() {
    std::lock_guard guard{mutex_};
    released_ = true;
    changed_.notify_all();
  }

private:
  void run() {
    for (;;) {
      tcp::socket socket{context_};
      acceptor_.accept(socket);
      if (ended())
        return;
      serve(socket);
    }
  }

  bool ended() {
    std::lock_guard guard{mutex_};
    return ended_;
  }

  void serve(tcp::socket& socket) {
    boost::beast::flat_buffer buffer;
    for (;;) {
      request got;
      boost::system::error_code failed;
      http::read(socket, buffer, got, failed);
      if (failed)
        return;
      std::unique_lock lock{mutex_};
      requests_.push_back(got);
      auto status = statuses_.empty() ? 204 : statuses_.front();
      if (!statuses_.empty())
        statuses_.pop_front();
      changed_.notify_all();
      if (status == 0)
        changed_.wait(lock, [this] { return released_; });
      lock.unlock();
      if (status <= 0)
        return;
      http::response<http::empty_body> answer{static_cast<http::status>(status), 11};
      answer.prepare_payload();
      http::write(socket, answer, failed);
      if (failed)
        return;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<int> statuses_;
  std::vector<request> requests_;
  bool released_ = false;
  bool ended_ = false;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

webhook_options options_for(const scripted_server& server) {
  webhook_options made;
  made.url = server.url();
  made.secret = "the-secret";
  made.first_pause = 1ms;
  made.limit = 10s;
  return made;
}

std::unique_ptr<webhook> started(webhook_options options) {
  auto made = webhook::start(std::move(options));
  CAF_REQUIRE(made.has_value());
  return std::move(*made);
}

/// What was logged while it lived.
struct logged {
  std::ostringstream text;
  std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  logged() {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  }
  ~logged() {
    spdlog::set_default_logger(before);
  }
};

} // namespace

CAF_TEST(an alert is posted once with its id and a signature that the other side can check) {
  scripted_server server{{}};
  auto sut = started(options_for(server));
  sut->send("id-1", R"({"id":"id-1"})");
  sut->send("id-2", R"({"id":"id-2"})");
  auto counts = sut->finish(30s);
  CAF_CHECK_EQUAL(counts.delivered, 2u);
  CAF_CHECK_EQUAL(counts.retried + counts.failed + counts.dropped, 0u);
  auto requests = server.requests();
  CAF_REQUIRE_EQUAL(requests.size(), 2u);
  CAF_CHECK_EQUAL(requests[0].body(), R"({"id":"id-1"})");
  CAF_CHECK_EQUAL(std::string{requests[0]["X-Throng-Alert"]}, "id-1");
  CAF_CHECK_EQUAL(std::string{requests[0][http::field::content_type]}, "application/json");
  CAF_CHECK_EQUAL(std::string{requests[0].target()}, "/hook?key=hidden");
  // printf '{"id":"id-1"}' | openssl dgst -sha256 -hmac the-secret
  CAF_CHECK_EQUAL(std::string{requests[0]["X-Throng-Signature"]},
                  "sha256=4bcae1d0c968eb3f00e3e83d9c975c87baafbd8d59b6f5bfdaba08b37f9821ad");
}

CAF_TEST(what fails is tried again and counted until it is taken) {
  scripted_server server{{-1, 500, 503, 429}};
  auto sut = started(options_for(server));
  sut->send("id", "{}");
  auto counts = sut->finish(30s);
  CAF_CHECK_EQUAL(counts.delivered, 1u);
  CAF_CHECK_EQUAL(counts.failed, 0u);
  CAF_CHECK_EQUAL(counts.retried, server.requests().size() - 1);
  CAF_CHECK_EQUAL(counts.retried, 4u);
  for (const auto& each : server.requests())
    CAF_CHECK_EQUAL(std::string{each["X-Throng-Alert"]}, "id");
}

CAF_TEST(what is refused is not tried again and what fails for good is given up and both are said without a secret) {
  logged log;
  scripted_server server{{400, 500, 500, 500}};
  auto options = options_for(server);
  options.tries = 3;
  auto sut = started(options);
  sut->send("refused", "{}");
  sut->send("hopeless", "{}");
  sut->send("good", "{}");
  auto counts = sut->finish(30s);
  CAF_CHECK_EQUAL(counts.delivered, 1u);
  CAF_CHECK_EQUAL(counts.failed, 2u);
  CAF_CHECK_EQUAL(counts.retried, 2u);
  CAF_CHECK_EQUAL(server.requests().size(), 5u);
  auto said = log.text.str();
  CAF_CHECK(said.find("alert refused is given up after 1 tries: the answer was 400") != std::string::npos);
  CAF_CHECK(said.find("alert hopeless is given up after 3 tries: the answer was 500") != std::string::npos);
  for (const auto* secret : {"s3cret", "hidden", "the-secret"})
    CAF_CHECK(said.find(secret) == std::string::npos);
}

CAF_TEST(a server that hangs holds nothing up and the queue stays bounded) {
  scripted_server server{{0}};
  auto options = options_for(server);
  options.queue = 3;
  options.limit = 3'600s; // no time-out comes to help
  auto sut = started(options);
  sut->send("first", "{}");
  server.await_requests(1); // it is under way, and hangs
  for (int i = 0; i < 10; ++i)
    sut->send("later-" + std::to_string(i), "{}");
  CAF_CHECK_EQUAL(sut->counts().dropped, 7u);
  auto counts = sut->finish(0ms);
  CAF_CHECK_EQUAL(counts.delivered, 0u);
  CAF_CHECK_EQUAL(counts.failed, 4u);
  CAF_CHECK_EQUAL(counts.dropped, 7u);
}

CAF_TEST(a server that answers slowly is waited for) {
  scripted_server server{{0}};
  auto options = options_for(server);
  options.tries = 2;
  auto sut = started(options);
  sut->send("slow", "{}");
  server.await_requests(1);
  server.let_go(); // closes without an answer: the second try is taken
  auto counts = sut->finish(30s);
  CAF_CHECK_EQUAL(counts.delivered, 1u);
  CAF_CHECK_EQUAL(counts.retried, 1u);
}

CAF_TEST(a try that takes too long is one that failed) {
  scripted_server server{{0}};
  auto options = options_for(server);
  options.limit = 50ms;
  options.tries = 1;
  auto sut = started(options);
  sut->send("id", "{}");
  server.await_requests(1);
  auto counts = sut->finish(30s);
  CAF_CHECK_EQUAL(counts.failed, 1u);
}

CAF_TEST(a URL that is none of http is refused) {
  webhook_options options;
  options.url = "file:///etc/passwd";
  auto made = webhook::start(options);
  CAF_REQUIRE(!made);
  CAF_CHECK_EQUAL(made.error().message, "a webhook's url begins with http:// or https://");
}
