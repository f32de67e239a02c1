#include "service/http/target.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace throng::service::http {

namespace {

/// @param plus whether `+` is a space, as in a query
std::optional<std::string> decode(std::string_view text, bool plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      unsigned value = 0;
      if (i + 2 >= text.size())
        return std::nullopt;
      const auto* end = text.data() + i + 3;
      if (auto [at, code] = std::from_chars(text.data() + i + 1, end, value, 16); code != std::errc{} || at != end)
        return std::nullopt;
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// Well-formed UTF-8 (RFC 3629) without control characters.
bool is_clean(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x20 || lead == 0x7f)
      return false;
    std::size_t more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + more >= text.size())
      return false;
    std::uint32_t point = more == 0 ? lead : lead & (0x3fU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80)
        return false;
      point = point << 6U | (next & 0x3fU);
    }
    if ((more == 2 && point < 0x800) || (more == 3 && (point < 0x10000 || point > 0x10ffff)) ||
        (point >= 0xd800 && point <= 0xdfff))
      return false;
    i += more + 1;
  }
  return true;
}

template <class Each>
void split(std::string_view text, char at, Each each) {
  for (;;) {
    auto end = text.find(at);
    each(text.substr(0, end));
    if (end == std::string_view::npos)
      return;
    text.remove_prefix(end + 1);
  }
}

} // namespace

expected<target> parse_target(std::string_view text) {
  auto wrong = [](const std::string& why) { return fail(error_kind::invalid, "the request's path is wrong: " + why); };
  if (text.empty() || text.front() != '/')
    return wrong("it must begin with /");
  auto mark = text.find('?');
  auto path = text.substr(0, mark);
  target result;
  std::string problem;
  if (path != "/")
    split(path.substr(1), '/', [&](std::string_view segment) {
      auto decoded = decode(segment, false);
      if (!decoded || !is_clean(*decoded))
        problem = "an escape is broken, or it is no UTF-8 text";
      else if (decoded->empty() || *decoded == "." || *decoded == "..")
        problem = "a segment must not be empty, . or ..";
      else
        result.path.push_back(std::move(*decoded));
    });
  if (mark != std::string_view::npos && mark + 1 < text.size())
    split(text.substr(mark + 1), '&', [&](std::string_view pair) {
      auto equals = pair.find('=');
      auto name = decode(pair.substr(0, equals), true);
      auto value = equals == std::string_view::npos ? std::string{} : decode(pair.substr(equals + 1), true);
      if (!name || !value || !is_clean(*name) || !is_clean(*value))
        problem = "an escape of its query is broken, or it is no UTF-8 text";
      else if (!name->empty())
        result.query.emplace_back(std::move(*name), std::move(*value));
    });
  if (!problem.empty())
    return wrong(problem);
  return result;
}

} // namespace throng::service::http
