#include "service/http/connection.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>

#include "service/http/event_hub.hpp"
#include "service/http/problem.hpp"
#include "service/http/target.hpp"

namespace throng::service::http {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using namespace std::chrono_literals;

namespace {

/// An event stream says something at least this often, so that proxies and readers know that it lives.
constexpr auto heartbeat = 15s;
/// What is read and thrown away of a request that was refused before its end: a socket closed with bytes unread would
/// take our answer with it.
constexpr std::size_t most_drained = 64 * 1024 * 1024;
constexpr auto drain_patience = 2s;

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

/// Headers that every response has: nothing may be cached, framed, sniffed or read by other origins.
constexpr std::string_view strict_headers = "X-Content-Type-Options: nosniff\r\n"
                                            "X-Frame-Options: DENY\r\n"
                                            "Referrer-Policy: no-referrer\r\n"
                                            "Cross-Origin-Resource-Policy: same-origin\r\n"
                                            "Cross-Origin-Opener-Policy: same-origin\r\n";

bool has_header(const response& of, std::string_view name) {
  return std::any_of(of.headers.begin(), of.headers.end(), [&](const auto& each) { return each.first == name; });
}

std::string head_of(const response& answer, bool last, bool with_length) {
  auto head = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n{}", answer.status, reason(answer.status),
                          answer.content_type, strict_headers);
  for (const auto& [name, value] : answer.headers)
    head += fmt::format("{}: {}\r\n", name, value);
  if (!has_header(answer, "Cache-Control"))
    head += "Cache-Control: no-store\r\n";
  if (!has_header(answer, "Content-Security-Policy"))
    head += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
  if (with_length)
    head += fmt::format("Content-Length: {}\r\n", answer.body.size());
  return head + (last ? "Connection: close\r\n\r\n" : "\r\n");
}

expected<request> plain(wire::request<wire::string_body>& from) {
  auto target = parse_target(view(from.target()));
  if (!target)
    return tl::unexpected{target.error()};
  request result;
  result.method = view(from.method_string());
  result.path = std::move(target->path);
  result.query = std::move(target->query);
  for (const auto& field : from)
    result.headers.emplace_back(lower(view(field.name_string())), std::string{view(field.value())});
  result.body = std::move(from.body());
  return result;
}

} // namespace

connection::connection(serving& of, net::ip::tcp::socket socket)
    : serving_(of)
    , stream_(std::move(socket))
    , timer_(stream_.get_executor())
    , buffer_(of.bounds.header_bytes + 64 * 1024) {
  ++serving_.connections;
}

connection::~connection() {
  --serving_.connections;
  if (events_ != nullptr)
    events_->on_news({});
}

void connection::begin() {
  if (serving_.connections > serving_.bounds.connections)
    return write(problem(503, "too many connections at once; try again in a moment"), true);
  read_header();
}

void connection::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(serving_.bounds.header_bytes));
  parser_->body_limit(serving_.bounds.body_bytes);
  stream_.expires_after(serving_.bounds.patience); // for the whole request, however it drips in
  wire::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](const error_code& why, std::size_t) {
    if (why)
      return self->failed_to_read(why);
    self->head_ = self->parser_->get().method() == wire::verb::head;
    auto expects = view(self->parser_->get()[wire::field::expect]);
    if (lower(expects) != "100-continue")
      return self->read_body();
    self->outgoing_ = "HTTP/1.1 100 Continue\r\n\r\n";
    net::async_write(self->stream_, net::buffer(self->outgoing_), [self](const error_code& bad, std::size_t) {
      if (!bad)
        self->read_body();
    });
  });
}

void connection::read_body() {
  wire::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](const error_code& why, std::size_t) {
    if (why)
      self->failed_to_read(why);
    else
      self->handle();
  });
}

void connection::failed_to_read(const error_code& why) {
  if (why == wire::error::header_limit)
    return write(problem(431, fmt::format("the request's line and headers are longer than {} bytes",
                                          serving_.bounds.header_bytes)),
                 true);
  if (why == wire::error::body_limit)
    return write(problem(413, fmt::format("the body is longer than {} bytes", serving_.bounds.body_bytes)), true);
  // The rest of the parser's errors; but a client that goes away, or whose time is up, is told nothing.
  if (why.category() == make_error_code(wire::error::end_of_stream).category() && why != wire::error::end_of_stream &&
      why != wire::error::partial_message)
    return write(problem(400, "this is no HTTP/1.1 request: " + why.message()), true);
  close();
}

void connection::handle() {
  auto keep_alive = parser_->get().keep_alive();
  auto asked = plain(parser_->get());
  if (!asked)
    return write(problem(asked.error()), !keep_alive);
  if (auto refused = refuse(*asked, serving_.rules))
    return write(std::move(*refused), !keep_alive);
  if (serving_.waiting >= serving_.bounds.waiting_requests)
    return write(problem(503, "too many requests at once; try again in a moment"), !keep_alive);
  ++serving_.waiting;
  stream_.expires_never(); // a handler ends within its store's time-outs
  net::post(*serving_.handlers, [self = shared_from_this(), keep_alive, asked = std::move(*asked)]() mutable {
    auto answer = self->serving_.routes.answer(std::move(asked));
    --self->serving_.waiting;
    auto executor = self->stream_.get_executor(); // the connection must be let go of on the io thread only
    net::post(executor, [self = std::move(self), keep_alive, answer = std::move(answer)]() mutable {
      if (answer.events != nullptr)
        self->begin_events(answer.events);
      else
        self->write(std::move(answer), !keep_alive);
    });
  });
}

void connection::write(response answer, bool last) {
  outgoing_ = head_of(answer, last, true);
  if (!head_)
    outgoing_ += answer.body;
  stream_.expires_after(serving_.bounds.patience);
  net::async_write(stream_, net::buffer(outgoing_),
                   [self = shared_from_this(), last](const error_code& why, std::size_t) {
                     if (why)
                       return self->close();
                     if (!last)
                       return self->read_header();
                     error_code ignored;
                     self->stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
                     self->stream_.expires_after(drain_patience);
                     self->drain();
                   });
}

void connection::drain() {
  stream_.async_read_some(net::buffer(discarded_),
                          [self = shared_from_this()](const error_code& why, std::size_t bytes) {
                            self->drained_ += bytes;
                            if (why || self->drained_ > most_drained)
                              self->close();
                            else
                              self->drain();
                          });
}

void connection::close() {
  error_code ignored;
  timer_.cancel();
  stream_.socket().close(ignored);
}

void connection::begin_events(const std::shared_ptr<event_reader>& reader) {
  events_ = reader;
  response answer;
  answer.content_type = "text/event-stream";
  outgoing_ = head_of(answer, true, false) + ": here begins the stream\n\n";
  events_->on_news([weak = weak_from_this(), executor = stream_.get_executor()] {
    net::post(executor, [weak] {
      if (auto self = weak.lock(); self && !self->writing_events_)
        self->write_events();
    });
  });
  // Nothing more is expected of the client; the end of its side ends the stream.
  stream_.expires_never();
  drain();
  writing_events_ = true;
  stream_.expires_after(serving_.bounds.patience);
  net::async_write(stream_, net::buffer(outgoing_), [self = shared_from_this()](const error_code& why, std::size_t) {
    if (why)
      return self->close();
    self->write_events();
  });
}

void connection::write_events() {
  outgoing_ = events_->take();
  writing_events_ = !outgoing_.empty();
  if (outgoing_.empty())
    return wait_for_news();
  stream_.expires_after(serving_.bounds.patience);
  net::async_write(stream_, net::buffer(outgoing_), [self = shared_from_this()](const error_code& why, std::size_t) {
    if (why)
      return self->close();
    self->write_events();
  });
}

void connection::wait_for_news() {
  timer_.expires_after(heartbeat);
  timer_.async_wait([self = shared_from_this()](const error_code& why) {
    if (why || self->writing_events_ || !self->stream_.socket().is_open())
      return;
    self->writing_events_ = true;
    self->outgoing_ = ": still here\n\n";
    self->stream_.expires_after(self->serving_.bounds.patience);
    net::async_write(self->stream_, net::buffer(self->outgoing_), [self](const error_code& bad, std::size_t) {
      if (bad)
        return self->close();
      self->write_events();
    });
  });
}

} // namespace throng::service::http
