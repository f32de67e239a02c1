// A score as JSON: what `throng score --report` writes and /api/score answers.
#pragma once

#include <boost/json/object.hpp>

#include "query/score.hpp"

namespace throng::service {

/// `{"all":ROW,"by_cause":[ROW…],"by_detector":[ROW…],"false_alarms_a_day"}`; a ROW has the members of score_row.
boost::json::object to_json(const query::score_report& of);

} // namespace throng::service
