#include "service/http/client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

namespace throng::service::http {

namespace net = boost::asio;
namespace wire = boost::beast::http;

namespace {

/// Runs what has been started until it is done.
boost::system::error_code finish(net::io_context& io, boost::system::error_code& result) {
  io.restart();
  io.run();
  return result;
}

} // namespace

expected<client_answer> ask(const endpoint& at, const std::string& method, const std::string& path,
                            const std::string& body, const std::string& token, std::chrono::milliseconds limit) {
  net::io_context io;
  boost::system::error_code failed;
  net::ip::tcp::resolver resolver{io};
  const auto places = resolver.resolve(at.host, std::to_string(at.port), failed);
  if (failed)
    return fail(error_kind::unavailable, fmt::format("{}: {}", to_string(at), failed.message()), true);
  // Asynchronous throughout: only so do time limits count.
  boost::beast::tcp_stream stream{io};
  stream.expires_after(limit);
  stream.async_connect(places, [&](const auto& code, const auto&) { failed = code; });
  if (finish(io, failed))
    return fail(error_kind::unavailable,
                fmt::format("nobody answers at http://{} ({}): is the world running with --serve?", to_string(at),
                            failed.message()),
                true);
  wire::request<wire::string_body> request{wire::string_to_verb(method), path, 11};
  request.set(wire::field::host, to_string(at));
  request.set(wire::field::user_agent, "throng");
  if (!token.empty())
    request.set(wire::field::authorization, "Bearer " + token);
  if (!body.empty())
    request.set(wire::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  wire::async_write(stream, request, [&](const auto& code, std::size_t) { failed = code; });
  boost::beast::flat_buffer buffer;
  wire::response<wire::string_body> response;
  if (!finish(io, failed)) {
    wire::async_read(stream, buffer, response, [&](const auto& code, std::size_t) { failed = code; });
    finish(io, failed);
  }
  if (failed == boost::beast::error::timeout)
    return fail(error_kind::timed_out,
                fmt::format("http://{} did not answer within {} s", to_string(at), limit.count() / 1000), true);
  if (failed)
    return fail(error_kind::unavailable, fmt::format("http://{}: {}", to_string(at), failed.message()), true);
  return client_answer{response.result_int(), std::move(response.body())};
}

} // namespace throng::service::http
