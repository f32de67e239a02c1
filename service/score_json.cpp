#include "service/score_json.hpp"

#include <boost/json/array.hpp>

namespace throng::service {

namespace {

boost::json::value or_null(std::optional<double> x) {
  return x ? boost::json::value(*x) : boost::json::value(nullptr);
}

boost::json::object to_json(const query::score_row& row) {
  return {{"name", row.name},
          {"labels", row.labels},
          {"found", row.found},
          {"alerts", row.alerts},
          {"right", row.right},
          {"false_alarms", row.false_alarms},
          {"recall", or_null(row.recall)},
          {"precision", or_null(row.precision)},
          {"median_seconds_to_detect", or_null(row.median_seconds_to_detect)}};
}

boost::json::array to_json(const std::vector<query::score_row>& rows) {
  boost::json::array result;
  for (const auto& row : rows)
    result.push_back(to_json(row));
  return result;
}

} // namespace

boost::json::object to_json(const query::score_report& of) {
  return {{"all", to_json(of.all)},
          {"by_cause", to_json(of.by_cause)},
          {"by_detector", to_json(of.by_detector)},
          {"false_alarms_a_day", of.false_alarms_a_day}};
}

} // namespace throng::service
