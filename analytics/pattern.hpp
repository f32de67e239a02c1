// A pattern of $regex and $regexMatch: RE2's syntax and MongoDB's option letters.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace re2 {
class RE2;
} // namespace re2

namespace throng::analytics {

class pattern {
public:
  /// @param options of the letters i, m and s. An error is a sentence.
  static tl::expected<pattern, std::string> compile(std::string_view regex, std::string_view options);
  pattern(pattern&&) noexcept;
  pattern& operator=(pattern&&) noexcept;
  ~pattern();

  bool found_in(std::string_view text) const;

private:
  explicit pattern(std::unique_ptr<re2::RE2> made);
  std::unique_ptr<re2::RE2> made_;
};

} // namespace throng::analytics
