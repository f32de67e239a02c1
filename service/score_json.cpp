#include "service/score_json.hpp"

#include <boost/json/array.hpp>

namespace throng::service {

namespace {

boost::json::value or_null(std::optional<double> x) {
  return x ? boost::json::value(*x) : boost::json::value(nullptr);
}

boost::json::value or_null(const std::optional<query::interval>& x) {
  return x ? boost::json::value(boost::json::array{x->low, x->high}) : boost::json::value(nullptr);
}

boost::json::value or_null(const std::optional<query::money>& x) {
  if (!x)
    return nullptr;
  return {{"saved", x->saved}, {"lost", x->lost}, {"stopped_wrongly", x->stopped_wrongly}};
}

boost::json::value or_null(const std::optional<query::money_basis>& x) {
  if (!x)
    return nullptr;
  return {{"currency", x->currency.empty() ? boost::json::value(nullptr) : boost::json::value(x->currency)},
          {"block_for_seconds", x->block_for.count() / 1000},
          {"payments", x->payments},
          {"unknown", x->unknown}};
}

boost::json::object to_json(const query::score_row& row) {
  return {{"name", row.name},
          {"labels", row.labels},
          {"found", row.found},
          {"alerts", row.alerts},
          {"right", row.right},
          {"false_alarms", row.false_alarms},
          {"recall", or_null(row.recall)},
          {"recall_interval", or_null(row.recall_interval)},
          {"precision", or_null(row.precision)},
          {"precision_interval", or_null(row.precision_interval)},
          {"f1", or_null(row.f1)},
          {"f1_interval", or_null(row.f1_interval)},
          {"average_precision", or_null(row.average_precision)},
          {"median_seconds_to_detect", or_null(row.median_seconds_to_detect)},
          {"money", or_null(row.money)}};
}

boost::json::object to_json(const query::verdict_row& row) {
  return {{"name", row.name},
          {"alerts", row.alerts},
          {"right", row.right},
          {"wrong", row.wrong},
          {"precision", or_null(row.precision)},
          {"precision_interval", or_null(row.precision_interval)}};
}

template <class Row>
boost::json::array to_json(const std::vector<Row>& rows) {
  boost::json::array result;
  for (const auto& row : rows)
    result.push_back(to_json(row));
  return result;
}

} // namespace

boost::json::object to_json(const query::score_report& of) {
  return {{"against", "labels"},
          {"all", to_json(of.all)},
          {"by_cause", to_json(of.by_cause)},
          {"by_detector", to_json(of.by_detector)},
          {"by_subtlety", to_json(of.by_subtlety)},
          {"top",
           {{"a_day", of.top.a_day},
            {"days", of.top.days},
            {"looked_at", of.top.looked_at},
            {"right", of.top.right},
            {"precision", or_null(of.top.precision)}}},
          {"false_alarms_a_day", of.false_alarms_a_day},
          {"money", or_null(of.money)}};
}

boost::json::object to_json(const query::verdict_report& of) {
  return {{"against", "verdicts"}, {"all", to_json(of.all)}, {"by_detector", to_json(of.by_detector)}};
}

} // namespace throng::service
