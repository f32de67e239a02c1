// A score as JSON: what `throng score --report` writes and /api/score answers.
#pragma once

#include <boost/json/object.hpp>

#include "query/score.hpp"
#include "query/verdict_score.hpp"

namespace throng::service {

/// `{"against":"labels","all":ROW,"by_cause":[ROW…],"by_detector":[ROW…],"false_alarms_a_day"}`; a ROW has the members of score_row.
boost::json::object to_json(const query::score_report& of);

/// `{"against":"verdicts","all":ROW,"by_detector":[ROW…]}`; a ROW has the members of verdict_row.
boost::json::object to_json(const query::verdict_report& of);

} // namespace throng::service
