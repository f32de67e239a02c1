// One client's connection: reads a request within the limits, has it answered on a handler thread, writes the answer.
// Only server.cpp includes it.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "service/http/server.hpp"

namespace throng::service::http {

/// What all connections of a server share.
struct serving {
  router routes;
  access_rules rules;
  limits bounds;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> waiting{0}; ///< requests with or before a handler thread
  boost::asio::io_context io{1};
  std::unique_ptr<boost::asio::thread_pool> handlers;
};

/// Everything but the handlers runs on the io thread.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(serving& of, boost::asio::ip::tcp::socket socket);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void begin();

private:
  using error_code = boost::system::error_code;

  void read_header();
  void read_body();
  void failed_to_read(const error_code& why);
  void handle();
  /// @param last the connection is closed after it
  void write(response answer, bool last);
  void close();
  void drain();

  void begin_events(const std::shared_ptr<event_reader>& reader);
  void write_events();
  void wait_for_news();

  serving& serving_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::string outgoing_;
  std::array<char, 4096> discarded_{};
  std::size_t drained_ = 0;
  bool head_ = false; ///< the request is HEAD
  std::shared_ptr<event_reader> events_;
  bool writing_events_ = false;
};

} // namespace throng::service::http
