#include "analytics/detector_parameters.hpp"

#include <cassert>
#include <cmath>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "config/problem.hpp"
#include "config/time.hpp"

namespace throng::analytics {

detector_parameters::detector_parameters(const boost::json::object& given, const detector_doc& doc, std::string path)
    : given_(given)
    , doc_(doc)
    , path_(std::move(path)) {
  std::vector<std::string> known;
  for (const auto& parameter : doc.parameters)
    known.emplace_back(parameter.name);
  for (const auto& field : given) {
    std::string name{field.key()};
    if (std::find(known.begin(), known.end(), name) != known.end())
      continue;
    auto nearest = config::nearest_name(name, known);
    wrong(name, fmt::format("the detector {} has no parameter {}{}", doc.name, name,
                            nearest.empty() ? fmt::format("; it has {}", fmt::join(known, ", "))
                                            : fmt::format("; did you mean {}?", nearest)));
  }
}

boost::json::value detector_parameters::of(std::string_view name) const {
  if (const auto* found = given_.if_contains(name))
    return *found;
  for (const auto& parameter : doc_.parameters)
    if (parameter.name == name)
      return boost::json::parse(parameter.default_value);
  assert(!"a parameter that is not documented");
  return nullptr;
}

std::int64_t detector_parameters::whole(std::string_view name, std::int64_t least, std::int64_t most) {
  auto x = of(name);
  if (const auto* number = x.if_int64(); number != nullptr && *number >= least && *number <= most)
    return *number;
  wrong(name, fmt::format("{} is no whole number from {} to {}", boost::json::serialize(x), least, most));
  return least;
}

double detector_parameters::real(std::string_view name, double above) {
  auto x = of(name);
  if (x.is_number())
    if (auto number = x.to_number<double>(); std::isfinite(number) && number > above)
      return number;
  wrong(name, fmt::format("{} is no number greater than {}", boost::json::serialize(x), above));
  return above + 1;
}

std::optional<double> detector_parameters::real_or_none(std::string_view name, double above) {
  if (of(name).is_null())
    return std::nullopt;
  return real(name, above);
}

double detector_parameters::real_between(std::string_view name, double above, double below) {
  auto x = of(name);
  if (x.is_number())
    if (auto number = x.to_number<double>(); number > above && number < below)
      return number;
  wrong(name, fmt::format("{} is no number between {} and {}", boost::json::serialize(x), above, below));
  return 0.5 * (above + below);
}

milliseconds detector_parameters::duration(std::string_view name, milliseconds least) {
  auto x = of(name);
  if (const auto* text = x.if_string())
    if (auto parsed = parse_duration({text->data(), text->size()}); parsed && *parsed >= least)
      return *parsed;
  wrong(name, fmt::format("{} is no duration of at least {}, such as \"30m\"", boost::json::serialize(x),
                          format_duration(least)));
  return least;
}

std::string detector_parameters::text(std::string_view name) {
  auto x = of(name);
  if (const auto* found = x.if_string())
    return {found->data(), found->size()};
  wrong(name, fmt::format("{} is no text", boost::json::serialize(x)));
  return {};
}

std::vector<std::string> detector_parameters::texts(std::string_view name) {
  auto x = of(name);
  std::vector<std::string> found;
  if (const auto* list = x.if_array()) {
    for (const auto& one : *list)
      if (const auto* text = one.if_string())
        found.emplace_back(text->data(), text->size());
    if (found.size() == list->size())
      return found;
  }
  wrong(name, fmt::format("{} is no list of texts", boost::json::serialize(x)));
  return {};
}

config::severity detector_parameters::severity(std::string_view name) {
  auto x = of(name);
  if (const auto* text = x.if_string())
    if (const auto named = config::severity_named({text->data(), text->size()}))
      return *named;
  wrong(name, fmt::format("{} is no severity: info, warning or critical", boost::json::serialize(x)));
  return config::severity::warning;
}

void detector_parameters::wrong(std::string_view name, std::string sentence) {
  findings_.push_back({fmt::format("{}.{}", path_, name), std::move(sentence)});
}

} // namespace throng::analytics
