#include "config/percent_encoding.hpp"

#include <fmt/format.h>

namespace throng::config {

std::string percent_encoded(std::string_view text, std::string_view plain_too) {
  std::string made;
  for (const auto c : text) {
    const auto plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~"}.find(c) != std::string_view::npos ||
                       plain_too.find(c) != std::string_view::npos;
    if (plain)
      made += c;
    else
      made += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return made;
}

} // namespace throng::config
