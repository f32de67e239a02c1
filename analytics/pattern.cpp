#include "analytics/pattern.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

namespace throng::analytics {

pattern::pattern(std::unique_ptr<re2::RE2> made)
    : made_(std::move(made)) {}
pattern::pattern(pattern&&) noexcept = default;
pattern& pattern::operator=(pattern&&) noexcept = default;
pattern::~pattern() = default;

tl::expected<pattern, std::string> pattern::compile(std::string_view regex, std::string_view options) {
  if (options.find_first_not_of("ims") != std::string_view::npos)
    return tl::unexpected(fmt::format("Options of a pattern are made of the letters i, m and s, not `{}`.", options));
  auto text = options.empty() ? std::string{regex} : fmt::format("(?{}){}", options, regex);
  re2::RE2::Options quiet;
  quiet.set_log_errors(false);
  auto made = std::make_unique<re2::RE2>(text, quiet);
  if (!made->ok())
    return tl::unexpected(fmt::format("`{}` is no pattern of RE2: {}.", regex, made->error()));
  return pattern{std::move(made)};
}

bool pattern::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch({text.data(), text.size()}, *made_);
}

} // namespace throng::analytics
