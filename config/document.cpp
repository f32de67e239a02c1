#include "config/document.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "config/settings.hpp"

namespace throng::config {

bool document::reported(const std::string& path) const {
  return std::any_of(found.begin(), found.end(), [&path](const problem& p) { return p.path == path; });
}

void document::report(const std::string& path, std::string sentence) {
  if (!reported(path))
    found.push_back(source.at(path, std::move(sentence)));
}

void document::report_key(const std::string& path, std::string sentence) {
  if (!reported(path))
    found.push_back(source.at_key(path, std::move(sentence)));
}

std::string document::shown(const std::string& path, const boost::json::value& value) const {
  // Any property of librdkafka may be a password; that of the brokers can't.
  if (path.rfind("kafka.", 0) == 0 && path != "kafka.brokers")
    return "the value";
  // A webhook's address may hold a token, and beside it stands its secret; an API's key is one.
  if (path.rfind("notify.", 0) == 0 || path.rfind("auth.", 0) == 0)
    return "the value";
  std::string text;
  if (auto raw = substituted.find(path); raw != substituted.end())
    text = boost::json::serialize(boost::json::value(raw->second));
  else if (path == "store" && value.is_string())
    text = boost::json::serialize(boost::json::value(redacted_store(std::string{value.get_string()})));
  else if (value.is_object())
    return "an object";
  else if (value.is_array())
    return "an array";
  else if (value.is_double())
    text = fmt::format("{}", value.get_double()); // serialize() writes 6E-1
  else
    text = boost::json::serialize(value);
  constexpr std::size_t most = 80;
  if (text.size() > most)
    text = text.substr(0, most) + "…";
  return text;
}

problems document::sorted() const {
  auto result = found;
  std::stable_sort(result.begin(), result.end(), [](const problem& a, const problem& b) {
    auto place = [](const problem& p) { return std::tuple{p.line == 0, p.line, p.column}; };
    return place(a) < place(b);
  });
  return result;
}

} // namespace throng::config
