#include "config/settings.hpp"

#include <charconv>

namespace throng::config {

std::int64_t kafka_settings::number(const std::string& property, std::int64_t otherwise) const {
  const auto set = properties.find(property);
  std::uint32_t read = 0; // as librdkafka's go
  if (set == properties.end() ||
      std::from_chars(set->second.data(), set->second.data() + set->second.size(), read).ec != std::errc{})
    return otherwise;
  return read;
}

std::string redacted_store(const std::string& uri) {
  auto scheme = uri.find("://");
  if (scheme == std::string::npos)
    return uri;
  auto begin = scheme + 3;
  // A password may hold `@` or `/` where it was not escaped: cut as much as it could be.
  auto at = uri.rfind('@');
  auto result = at == std::string::npos || at < begin ? uri : uri.substr(0, begin) + "***@" + uri.substr(at + 1);
  // Options may hold secrets too (authMechanismProperties, tlsCertificateKeyFilePassword).
  if (auto options = result.find('?', begin); options != std::string::npos)
    result.resize(options);
  return result;
}

} // namespace throng::config
