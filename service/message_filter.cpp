#include "service/message_filter.hpp"

#include <utility>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace throng::service {

expected<message_filter> message_filter::make(std::string key, const std::string& where) {
  message_filter made;
  made.key_ = std::move(key);
  if (where.empty())
    return made;
  boost::json::error_code failed;
  auto parsed = boost::json::parse(where, failed);
  if (failed || !parsed.is_object())
    return fail(error_kind::invalid,
                fmt::format("--where {}: must be a JSON object, as in '{{\"temperature\": {{\"$gt\": 30}}}}'", where));
  auto compiled = query::filter::compile(parsed.as_object());
  if (!compiled)
    return tl::unexpected{compiled.error()};
  made.where_ = std::make_unique<query::filter>(std::move(*compiled));
  return made;
}

bool message_filter::wants(const transport::record& message) const {
  if (!key_.empty() && message.key != key_)
    return false;
  if (where_ == nullptr)
    return true;
  boost::json::error_code failed;
  auto parsed = message.value ? boost::json::parse(*message.value, failed) : boost::json::value{};
  return !failed && parsed.is_object() && where_->matches(parsed.as_object());
}

} // namespace throng::service
