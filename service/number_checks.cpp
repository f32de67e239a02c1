#include "service/number_checks.hpp"

#include <string>

#include <fmt/format.h>

namespace throng::service {

namespace {

CLI::Validator numbers(const char* kind, const char* allowed, bool zero) {
  return CLI::Validator{[allowed, zero](const std::string& text) {
                          double x = 0;
                          return CLI::detail::lexical_cast(text, x) && (x > 0 || (zero && x == 0))
                                     ? std::string{}
                                     : fmt::format("{} is not {}", text, allowed);
                        },
                        kind};
}

} // namespace

CLI::Validator above_zero() {
  return numbers("POSITIVE", "a number above 0", false);
}

CLI::Validator from_zero() {
  return numbers("NONNEGATIVE", "0 or a number above", true);
}

} // namespace throng::service
