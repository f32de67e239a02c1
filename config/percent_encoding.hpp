// Text within a URL.
#pragma once

#include <string>
#include <string_view>

namespace throng::config {

/// As a part of a URL's query or path: all but letters, digits, `-._~` and what is `plain_too` as `%XX` (RFC 3986, 2.3).
std::string percent_encoded(std::string_view text, std::string_view plain_too = {});

} // namespace throng::config
