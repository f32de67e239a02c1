#include "analytics/operators.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "config/load.hpp"
#include "config/problem.hpp"

namespace throng::analytics {

namespace {

std::vector<operator_doc> of_schema() {
  auto text = config::pipeline_schema();
  auto schema = boost::json::parse({text.data(), text.size()});
  const auto& definitions = schema.at("definitions");
  std::vector<operator_doc> result;
  for (bool for_match : {true, false})
    for (const auto& member :
         definitions.at(for_match ? "match_operators" : "expression_operators").at("properties").as_object())
      result.push_back({std::string{member.key()}, member.value().at("examples").at(0),
                        std::string{member.value().at("description").as_string()}, for_match});
  return result;
}

} // namespace

const std::vector<operator_doc>& supported_operators() {
  static const auto operators = of_schema();
  return operators;
}

std::string unknown_operator(std::string_view given, bool for_match) {
  std::vector<std::string> known;
  for (const auto& x : supported_operators()) {
    if (x.for_match == for_match)
      known.emplace_back(x.name);
  }
  auto what = for_match ? "match operator" : "expression operator";
  if (auto nearest = config::nearest_name(std::string{given}, known); !nearest.empty())
    return fmt::format("`{}` is no {}; did you mean `{}`?", given, what, nearest);
  return fmt::format("`{}` is no {}; there are {}.", given, what, fmt::join(known, ", "));
}

} // namespace throng::analytics
