#include "service/http/server.hpp"

#include <cerrno>
#include <exception>
#include <mutex>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include "service/http/connection.hpp"

namespace throng::service::http {

namespace net = boost::asio;
using tcp = net::ip::tcp;

namespace {

/// What accept(2) fails with for a client's sake or for want of resources, and not because of the listening socket itself.
bool may_pass(const boost::system::error_code& why) {
  switch (why.value()) {
  case EBADF:
  case EINVAL:
  case ENOTSOCK:
  case EOPNOTSUPP:
  case EFAULT:
    return false;
  default:
    return true;
  }
}

} // namespace

class server::implementation {
public:
  implementation(router routes, access_rules rules, limits bounds)
      : acceptor_(serving_.io)
      , retry_(serving_.io) {
    serving_.routes = std::move(routes);
    serving_.rules = std::move(rules);
    serving_.bounds = bounds;
    serving_.handlers = std::make_unique<net::thread_pool>(bounds.handler_threads);
  }

  ~implementation() {
    net::post(serving_.io, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
    });
    serving_.handlers->stop();
    serving_.handlers->join();
    serving_.io.stop();
    if (thread_.joinable())
      thread_.join();
  }

  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;

  expected<void> listen(const endpoint& at) {
    auto wrong = [&](const boost::system::error_code& why) {
      return fail(error_kind::unavailable, fmt::format("cannot serve at {}: {}", to_string(at), why.message()));
    };
    boost::system::error_code code;
    // Names that mean this machine must not leave it by way of a resolver.
    auto host = at.host == "localhost" ? std::string{"127.0.0.1"} : at.host;
    auto found = tcp::resolver{serving_.io}.resolve(host, std::to_string(at.port), code);
    if (code || found.empty())
      return wrong(code);
    auto where = found.begin()->endpoint();
    serving_.rules.loopback = where.address().is_loopback();
    if (acceptor_.open(where.protocol(), code))
      return wrong(code);
    acceptor_.set_option(net::socket_base::reuse_address(true), code);
    if (acceptor_.bind(where, code) || acceptor_.listen(net::socket_base::max_listen_connections, code))
      return wrong(code);
    address_ = {acceptor_.local_endpoint().address().to_string(), acceptor_.local_endpoint().port()};
    accept();
    thread_ = std::thread{[this] { serve(); }};
    return {};
  }

  const endpoint& address() const {
    return address_;
  }

  std::optional<error> failure() const {
    const std::lock_guard lock{mutex_};
    return failure_;
  }

private:
  void serve() {
    try {
      serving_.io.run();
    } catch (const std::exception& e) {
      failed(e.what());
    }
  }

  void failed(const std::string& why) {
    const std::lock_guard lock{mutex_};
    failure_ =
        error{error_kind::unavailable, fmt::format("cannot serve at {} any more: {}", to_string(address_), why), false};
  }

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& why, tcp::socket socket) {
      if (!acceptor_.is_open())
        return;
      if (!why) {
        std::make_shared<connection>(serving_, std::move(socket))->begin();
        return accept();
      }
      if (!may_pass(why))
        return failed(why.message());
      // Out of descriptors, most likely: trying again at once would only spin.
      retry_.expires_after(std::chrono::milliseconds{100});
      retry_.async_wait([this](const boost::system::error_code& stopped) {
        if (!stopped)
          accept();
      });
    });
  }

  serving serving_;
  tcp::acceptor acceptor_;
  net::steady_timer retry_;
  endpoint address_;
  mutable std::mutex mutex_;
  std::optional<error> failure_;
  std::thread thread_;
};

server::server(std::unique_ptr<implementation> impl)
    : impl_(std::move(impl)) {
  // started already
}

server::~server() = default;

expected<std::unique_ptr<server>> server::start(const endpoint& at, router routes, access_rules rules, limits bounds) {
  auto made = std::make_unique<implementation>(std::move(routes), std::move(rules), bounds);
  if (auto listening = made->listen(at); !listening)
    return tl::unexpected{listening.error()};
  return std::unique_ptr<server>{new server(std::move(made))};
}

std::optional<error> server::failure() const {
  return impl_->failure();
}

endpoint server::address() const {
  return impl_->address();
}

} // namespace throng::service::http
