#include "service/http/problem.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace throng::service::http {

namespace {

response problem_of(unsigned status, const std::string& sentence, boost::json::array problems) {
  boost::json::object body{
      {"type", "about:blank"}, {"title", reason(status)}, {"status", status}, {"detail", sentence}};
  if (!problems.empty())
    body["problems"] = std::move(problems);
  return {status, "application/problem+json", boost::json::serialize(body), {}, nullptr};
}

} // namespace

unsigned status_of(error_kind kind) {
  switch (kind) {
  case error_kind::invalid:
    return 400;
  case error_kind::not_found:
    return 404;
  case error_kind::conflict:
  case error_kind::fenced:
    return 409;
  case error_kind::denied:
    return 403;
  case error_kind::unavailable:
  case error_kind::exhausted:
    return 503;
  case error_kind::timed_out:
    return 504;
  case error_kind::corrupt:
  case error_kind::internal:
    break;
  }
  return 500;
}

std::string_view reason(unsigned status) {
  auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

response problem(unsigned status, const std::string& sentence) {
  return problem_of(status, sentence, {});
}

response problem(const error& what) {
  return problem(status_of(what.kind), what.message);
}

response problem(const config::problems& what) {
  boost::json::array each;
  for (const auto& one : what)
    each.push_back(boost::json::object{{"path", one.path}, {"detail", one.sentence}});
  auto sentence = what.empty() ? std::string{"the request is wrong"}
                               : fmt::format("{}{}{}", what.front().path, what.front().path.empty() ? "" : ": ",
                                             what.front().sentence);
  if (what.size() > 1)
    sentence += fmt::format(" (and {} more)", what.size() - 1);
  return problem_of(422, sentence, std::move(each));
}

} // namespace throng::service::http
