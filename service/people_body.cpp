#include "service/people_body.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace throng::service {

namespace json = boost::json;

expected<void> read_texts(const std::string& body, std::initializer_list<std::pair<const char*, std::string*>> members,
                          const char* example) {
  if (body.empty())
    return {};
  json::error_code code;
  const auto parsed = json::parse(body, code);
  if (code || !parsed.is_object())
    return fail(error_kind::invalid, fmt::format("the body must be a JSON object, as in {}", example));
  for (const auto& member : parsed.get_object()) {
    const std::string_view name{member.key().data(), member.key().size()};
    const auto* known =
        std::find_if(members.begin(), members.end(), [&](const auto& each) { return each.first == name; });
    if (known != members.end() && member.value().is_string()) {
      *known->second = std::string{member.value().get_string()};
      continue;
    }
    std::vector<std::string_view> names;
    for (const auto& each : members)
      names.emplace_back(each.first);
    return fail(error_kind::invalid, fmt::format("{}: there are {}, and all are texts", name, fmt::join(names, ", ")));
  }
  return {};
}

} // namespace throng::service
